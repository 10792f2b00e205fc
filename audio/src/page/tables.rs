//! The tables of the page: figures before and after, and the facts of both files.

use super::text;
use crate::Measurement;
use crate::master::Report;

/// One row of figures: a name, what it says, a unit, decimals, and where the figure comes from.
struct Row {
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    decimals: usize,
    figure: fn(&Measurement) -> Option<f64>,
}

const ROWS: [Row; 10] = [
    Row {
        name: "Integrated loudness",
        meaning: "the track as a whole",
        unit: "LUFS",
        decimals: 2,
        figure: |figures| figures.integrated_lufs,
    },
    Row {
        name: "Short-term maximum",
        meaning: "loudest 3 s",
        unit: "LUFS",
        decimals: 2,
        figure: |figures| figures.max_short_term_lufs,
    },
    Row {
        name: "Momentary maximum",
        meaning: "loudest 0.4 s",
        unit: "LUFS",
        decimals: 2,
        figure: |figures| figures.max_momentary_lufs,
    },
    Row {
        name: "Loudness range",
        meaning: "from soft to loud passages",
        unit: "LU",
        decimals: 2,
        figure: |figures| figures.lra_lu,
    },
    Row {
        name: "True peak",
        meaning: "between the samples too",
        unit: "dBTP",
        decimals: 2,
        figure: |figures| figures.true_peak_dbtp,
    },
    Row {
        name: "Sample peak",
        meaning: "highest sample",
        unit: "dBFS",
        decimals: 2,
        figure: |figures| figures.sample_peak_dbfs,
    },
    Row {
        name: "Peak to loudness",
        meaning: "PLR",
        unit: "dB",
        decimals: 2,
        figure: |figures| figures.plr_db,
    },
    Row {
        name: "Crest factor",
        meaning: "sample peak over RMS",
        unit: "dB",
        decimals: 2,
        figure: |figures| figures.crest_db,
    },
    Row {
        name: "Stereo correlation",
        meaning: "1 mono, 0 wide, −1 out of phase",
        unit: "",
        decimals: 2,
        figure: |figures| figures.correlation,
    },
    Row {
        name: "DC offset",
        meaning: "of full scale",
        unit: "%",
        decimals: 4,
        figure: |figures| Some(figures.dc_offset * 100.0),
    },
];

/// The figures of source and master side by side.
pub(super) fn figures(report: &Report) -> String {
    let rows: String = ROWS
        .iter()
        .map(|row| {
            let before = (row.figure)(&report.before).filter(|value| value.is_finite());
            let after = (row.figure)(&report.after).filter(|value| value.is_finite());
            let change = match (before, after) {
                (Some(before), Some(after)) => text::signed(after - before, row.decimals),
                _ => "–".to_owned(),
            };
            format!(
                "<tr><th scope=\"row\">{} <small>{}</small></th><td class=\"units\">{}</td>\
                 <td>{}</td><td>{}</td><td class=\"change\">{change}</td></tr>\n",
                row.name,
                row.meaning,
                row.unit,
                cell(before, row.decimals),
                cell(after, row.decimals),
            )
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"figures\">\
         <thead><tr><th scope=\"col\"><span class=\"unseen\">Figure</span></th>\
         <th scope=\"col\" class=\"units\"><span class=\"unseen\">Unit</span></th>\
         <th scope=\"col\" class=\"of-before\">Source</th><th scope=\"col\" class=\"of-after\">Master</th>\
         <th scope=\"col\" class=\"change\">Change</th></tr></thead>\n\
         <tbody>{rows}</tbody></table></div>\n"
    )
}

fn cell(value: Option<f64>, decimals: usize) -> String {
    match value {
        Some(value) => text::number(value, decimals),
        None => format!("<span class=\"none\">{}</span>", text::UNDEFINED),
    }
}

/// What came in and what was written.
pub(super) fn files(report: &Report) -> String {
    let input = &report.input;
    let output = &report.output;
    let written_seconds = output.frames as f64 / f64::from(output.sample_rate_hz.max(1));
    let rows = [
        (
            "Container",
            text::escape(&input.format, 40),
            text::escape(&output.format, 40),
        ),
        ("Codec", text::escape(&input.codec, 40), "–".to_owned()),
        (
            "Bits of a sample",
            input
                .bits
                .map_or_else(|| "–".to_owned(), |bits| bits.to_string()),
            match output.bits.strip_suffix('f') {
                Some(bits) => format!("{} (float)", text::escape(bits, 20)),
                None => text::escape(&output.bits, 20),
            },
        ),
        (
            "Sample rate",
            text::rate(input.sample_rate_hz),
            text::rate(output.sample_rate_hz),
        ),
        (
            "Channels",
            input.channels.to_string(),
            output.channels.to_string(),
        ),
        (
            "Length",
            text::length(input.duration_seconds),
            text::length(written_seconds),
        ),
        (
            "Sample frames",
            text::count(input.frames),
            text::count(output.frames),
        ),
        ("Size", "–".to_owned(), text::size(output.size_bytes)),
    ];
    let rows: String = rows
        .iter()
        .map(|(name, source, master)| {
            format!("<tr><th scope=\"row\">{name}</th><td>{source}</td><td>{master}</td></tr>\n")
        })
        .collect();
    format!(
        "<div class=\"scroll\"><table class=\"figures facts\"><thead><tr>\
         <th scope=\"col\"><span class=\"unseen\">Fact</span></th>\
         <th scope=\"col\" class=\"of-before\">Source</th><th scope=\"col\" class=\"of-after\">Master</th>\
         </tr></thead>\n<tbody>{rows}</tbody></table></div>\n"
    )
}
