//! The picture of both waveforms.

use super::axis::Axis;
use super::figure::Figure;
use super::plot::{Mark, Plot, Shape};
use super::series::{Fold, Series};
use super::text;
use crate::master::Report;
use crate::master::report::Waveform;

/// Peaks and RMS levels of source and master, on one grid and one scale.
pub(super) fn figure(report: &Report, time: &Axis) -> Figure {
    const HEADING: &str = "Waveform";
    let seconds = report.input.duration_seconds;
    let series = |waveform: &Waveform| {
        let per_second = waveform.points_per_second;
        let peak = Series::new(&waveform.peak, per_second, seconds, Fold::Highest)?;
        let rms = Series::new(&waveform.rms, per_second, seconds, Fold::Power)?;
        Some((peak, rms))
    };
    let (Some(before), Some(after)) = (
        series(&report.waveform.before),
        series(&report.waveform.after),
    ) else {
        return Figure::without_plot(HEADING, "The report holds no waveform.");
    };
    let top = [&before, &after]
        .iter()
        .filter_map(|(peak, _)| peak.highest())
        .fold(1.0, |top: f64, (_, value)| top.max(value));
    let ceiling = 10.0_f64.powf(report.target.ceiling_dbtp / 20.0);
    let lane = |id, title, (peak, rms): &(Series, Series), classes: [&'static str; 2]| {
        let mut marks = vec![mirrored(classes[0], peak), mirrored(classes[1], rms)];
        if id == "waveform-after" {
            for level in [ceiling, -ceiling] {
                marks.push(Mark {
                    class: "aim",
                    shape: Shape::Level(level, String::new()),
                });
            }
        }
        Plot {
            id,
            title,
            description: loudest_sample(title, peak),
            across: time,
            up: Axis::amplitude(top),
            unit: "dBFS",
            marks,
            height: 112,
            labelled: id == "waveform-after",
        }
        .svg()
    };
    let before_lane = lane(
        "waveform-before",
        "Waveform of the source",
        &before,
        ["before-wide", "before-core"],
    );
    let after_lane = lane(
        "waveform-after",
        "Waveform of the master",
        &after,
        ["after-wide", "after-core"],
    );
    Figure {
        heading: HEADING,
        sentence: "Peaks, and within them the RMS level: the source above, the master below, \
                   on one scale."
            .to_owned(),
        key: vec![
            ("before", "Source (above)".to_owned()),
            ("after-fill", "Master (below)".to_owned()),
            ("aim", ceiling_words(report)),
        ],
        plots: before_lane + &after_lane,
    }
}

fn ceiling_words(report: &Report) -> String {
    format!("Ceiling {} dBTP", text::level(report.target.ceiling_dbtp))
}

fn mirrored(class: &'static str, series: &Series) -> Mark {
    let points = series
        .points
        .iter()
        .map(|(at, value)| (*at, *value, -*value))
        .collect();
    Mark {
        class,
        shape: Shape::Band(points),
    }
}

fn loudest_sample(title: &str, peak: &Series) -> String {
    match peak.highest() {
        Some((at, value)) if value > 0.0 => format!(
            "{title}: the highest sample is {} dBFS, near {}.",
            text::level(20.0 * value.log10()),
            text::length(at)
        ),
        _ => format!("{title}: silence throughout."),
    }
}
