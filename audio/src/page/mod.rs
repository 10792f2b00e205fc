//! The report of a master as a page that people read: one HTML document that needs nothing else.

mod after;
mod axis;
mod chain;
mod figure;
mod graphs;
mod plot;
mod series;
mod spectrum;
mod tables;
mod text;
mod waveform;

use crate::master::Report;

/// The whole look; it is part of the document.
const STYLE: &str = include_str!("style.css");
/// A peak this far over the ceiling is over it, in decibels; less is rounding.
const OVER_CEILING_DB: f64 = 0.02;
/// Most characters of the title.
const TITLE: usize = 200;

/// Renders a report as one self-contained HTML document in UTF-8, below 200 kB whatever the
/// report holds.
///
/// `title` names the track. It and every other text from outside is escaped, so that the page
/// is safe to serve; it runs no script, asks no host for anything, and shows as meant under the
/// content security policy `default-src 'none'; style-src 'unsafe-inline'; img-src data:`. The
/// same report and title give the same bytes.
///
/// Each plot is an inline SVG with a title and a description. Figures that are not defined
/// (silence, too short for a window) are said to be so.
pub fn render(report: &Report, title: &str) -> String {
    let title = text::escape(title, TITLE);
    let title = if title.trim().is_empty() {
        "Untitled".to_owned()
    } else {
        title
    };
    let outcome = Outcome::of(report);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{title} – mastering report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <header>\n<p class=\"eyebrow\">Mastering report</p>\n<h1 dir=\"auto\">{title}</h1>\n\
         <p class=\"verdict\"><strong class=\"badge {class}\">{badge}</strong> {sentence}</p>\n\
         {aims}</header>\n\
         {notes}{figures}{plots}{choices}{chain}{after}{files}\
         </main>\n<footer><p>Loudness after ITU-R BS.1770-5 and EBU Tech 3341 and 3342; true peak \
         by 16 times oversampling. Report version {version}.</p></footer>\n</body>\n</html>\n",
        class = outcome.class(),
        badge = outcome.badge(),
        sentence = outcome.sentence(report),
        aims = aims(report),
        figures = section("figures", "Figures", &tables::figures(report)),
        plots = section("plots", "Plots", &graphs::figures(report)),
        chain = section("chain", "The chain", &chain::chain(report)),
        choices = optional("choices", "Chosen for this track", &chain::choices(report)),
        notes = section("notes", "Notes", &chain::notes(report)),
        after = optional("after", "After the upload", &after::tables(report)),
        files = section("files", "Files", &tables::files(report)),
        version = report.version,
    )
}

/// A section that is left out when there is nothing in it.
fn optional(id: &str, heading: &str, content: &str) -> String {
    if content.is_empty() {
        return String::new();
    }
    section(id, heading, content)
}

fn section(id: &str, heading: &str, content: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{heading}</h2>\n{content}</section>\n"
    )
}

/// How the master turned out.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Silent,
    Unmeasurable,
    OverCeiling { peak: f64 },
    OffTarget { loudness: f64 },
    OnTarget { loudness: f64 },
}

impl Outcome {
    fn of(report: &Report) -> Self {
        let after = &report.after;
        let Some(peak) = after.true_peak_dbtp.or(after.sample_peak_dbfs) else {
            return Self::Silent;
        };
        match after.integrated_lufs {
            _ if peak > report.target.ceiling_dbtp + OVER_CEILING_DB => Self::OverCeiling { peak },
            None => Self::Unmeasurable,
            Some(loudness) if report.target_reached => Self::OnTarget { loudness },
            Some(loudness) => Self::OffTarget { loudness },
        }
    }

    fn class(self) -> &'static str {
        match self {
            Self::OnTarget { .. } => "good",
            Self::OffTarget { .. } | Self::OverCeiling { .. } => "bad",
            Self::Silent | Self::Unmeasurable => "neutral",
        }
    }

    fn badge(self) -> &'static str {
        match self {
            Self::OnTarget { .. } => "On target",
            Self::OffTarget { .. } => "Off target",
            Self::OverCeiling { .. } => "Over the ceiling",
            Self::Silent => "Silent",
            Self::Unmeasurable => "Not measurable",
        }
    }

    fn sentence(self, report: &Report) -> String {
        let target = &report.target;
        let ceiling = text::level(target.ceiling_dbtp);
        let peaks = match report.after.true_peak_dbtp {
            Some(peak) => format!(
                "with peaks up to {} dBTP, within the ceiling of {ceiling}",
                text::level(peak)
            ),
            None => format!("within the ceiling of {ceiling} dBTP"),
        };
        match self {
            Self::OnTarget { loudness } => format!(
                "The master plays at {} LUFS, as asked, {peaks}.",
                text::level(loudness)
            ),
            Self::OffTarget { loudness } => format!(
                "The master plays at {} LUFS, {} LU {} the target of {}, {peaks}.",
                text::level(loudness),
                text::level((loudness - target.integrated_lufs).abs()),
                if loudness < target.integrated_lufs {
                    "below"
                } else {
                    "above"
                },
                text::level(target.integrated_lufs)
            ),
            Self::OverCeiling { peak } => format!(
                "Peaks reach {} dBTP, over the ceiling of {ceiling}.",
                text::number(peak, 2)
            ),
            Self::Silent => "There is no sound in this track, so nothing was mastered.".to_owned(),
            Self::Unmeasurable => {
                format!("The track is too short or too quiet to have a loudness, {peaks}.")
            }
        }
    }
}

/// What was asked, and what it took: the figures that are neither the source's nor the master's.
fn aims(report: &Report) -> String {
    let target = &report.target;
    let reduction = &report.gain_reduction;
    let tiles = [
        (
            "Target",
            text::level(target.integrated_lufs),
            "LUFS",
            text::escape(&target.name, 40),
        ),
        (
            "Ceiling",
            text::level(target.ceiling_dbtp),
            "dBTP",
            "true peak".to_owned(),
        ),
        (
            "Gain",
            text::signed(report.gain_db, 1),
            "dB",
            "before the limiter".to_owned(),
        ),
        (
            "Limiting",
            text::level(reduction.max_db),
            "dB",
            format!(
                "at most; {} dB on average in {} % of the time",
                text::level(reduction.mean_db),
                text::level(reduction.active_percent)
            ),
        ),
    ];
    let tiles = text::each(tiles, |(name, value, unit, words)| {
        format!("<div><dt>{name}</dt><dd><b>{value}</b> {unit} <small>{words}</small></dd></div>\n")
    });
    format!("<dl class=\"aims\">\n{tiles}</dl>\n")
}
