//! The tables of the page: figures before and after, and the facts of both files.

use super::text;
use crate::Measurement;
use crate::master::Report;
use crate::master::report::Output;

/// Most files that are listed.
const MOST_OUTPUTS: usize = 20;

/// One row of figures: a name, what it says, a unit, decimals, and where the figure comes from.
struct Row {
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    decimals: usize,
    figure: fn(&Measurement) -> Option<f64>,
}

const ROWS: [Row; 11] = [
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
        name: "Peak to short-term loudness",
        meaning: "PSR, in the median",
        unit: "dB",
        decimals: 2,
        figure: |figures| Some(figures.psr?.median_db),
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

/// The column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    /// Its name in the style sheet.
    pub class: &'static str,
    pub heading: &'static str,
}

impl Column {
    pub(super) fn plain(heading: &'static str) -> Self {
        Self { class: "", heading }
    }
}

const SOURCE: Column = Column {
    class: "of-before",
    heading: "Source",
};
const MASTER: Column = Column {
    class: "of-after",
    heading: "Master",
};

/// A table; each row is a heading and the cells of the other columns, all of them HTML.
pub(super) fn table(
    class: &str,
    columns: &[Column],
    rows: impl Iterator<Item = (String, Vec<String>)>,
) -> String {
    let head = text::each(columns, |Column { class, heading }| {
        format!("<th scope=\"col\" class=\"{class}\">{heading}</th>")
    });
    let rows = text::each(rows, |(heading, cells)| {
        let cells = text::each(
            cells.iter().zip(columns.iter().skip(1)),
            |(cell, column)| format!("<td class=\"{}\">{cell}</td>", column.class),
        );
        format!("<tr><th scope=\"row\">{heading}</th>{cells}</tr>\n")
    });
    format!(
        "<div class=\"scroll\"><table class=\"{class}\"><thead><tr>{head}</tr></thead>\n\
         <tbody>{rows}</tbody></table></div>\n"
    )
}

/// The figures of source and master side by side.
pub(super) fn figures(report: &Report) -> String {
    let columns = [
        Column::plain("Figure"),
        Column {
            class: "units",
            heading: "Unit",
        },
        SOURCE,
        MASTER,
        Column {
            class: "change",
            heading: "Change",
        },
    ];
    let rows = ROWS.iter().map(|row| {
        let before = (row.figure)(&report.before).filter(|value| value.is_finite());
        let after = (row.figure)(&report.after).filter(|value| value.is_finite());
        let change = match (before, after) {
            (Some(before), Some(after)) => text::signed(after - before, row.decimals),
            _ => "–".to_owned(),
        };
        let heading = format!("{} <small>{}</small>", row.name, row.meaning);
        let cells = vec![
            row.unit.to_owned(),
            cell(before, row.decimals),
            cell(after, row.decimals),
            change,
        ];
        (heading, cells)
    });
    table("figures", &columns, rows)
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
        ("Key", key(&report.before), "–".to_owned()),
        ("Tempo", tempo(&report.before), "–".to_owned()),
    ];
    let columns = [Column::plain("Fact"), SOURCE, MASTER];
    let rows = rows
        .into_iter()
        .map(|(name, source, master)| (name.to_owned(), vec![source, master]));
    let facts = table("facts", &columns, rows);
    if report.outputs.len() < 2 {
        return facts;
    }
    facts + &outputs(&report.outputs)
}

/// Every file that was written.
fn outputs(outputs: &[Output]) -> String {
    let columns = [
        "File",
        "Sample rate",
        "Length",
        "Size",
        "Loudness, LUFS",
        "True peak, dBTP",
    ];
    let figure = |figure: Option<f64>| {
        figure.map_or_else(|| text::UNDEFINED.to_owned(), |it| text::number(it, 2))
    };
    let rows = outputs.iter().take(MOST_OUTPUTS).map(|output| {
        let seconds = output.frames as f64 / f64::from(output.sample_rate_hz.max(1));
        let part = output
            .excerpt_from_seconds
            .map_or_else(String::new, |from| format!(", from {}", text::length(from)));
        let cells = vec![
            text::rate(output.sample_rate_hz),
            format!("{}{part}", text::length(seconds)),
            text::size(output.size_bytes),
            figure(output.integrated_lufs),
            figure(output.true_peak_dbtp),
        ];
        let name = format!(
            "{} {}",
            text::escape(&output.format, 40),
            text::escape(&output.bits, 20)
        );
        (name, cells)
    });
    table("outputs", &columns.map(Column::plain), rows)
}

fn key(measured: &Measurement) -> String {
    let key = measured.analysis.as_ref().and_then(|it| it.key.as_ref());
    key.map_or_else(
        || text::UNDEFINED.to_owned(),
        |key| format!("{} ({})", text::escape(&key.name, 20), sure(key.confidence)),
    )
}

fn tempo(measured: &Measurement) -> String {
    let tempo = measured.analysis.as_ref().and_then(|it| it.tempo);
    tempo.map_or_else(
        || text::UNDEFINED.to_owned(),
        |tempo| {
            format!(
                "{} bpm ({})",
                text::level(tempo.bpm),
                sure(tempo.confidence)
            )
        },
    )
}

/// A confidence in words of a figure.
fn sure(confidence: f64) -> String {
    format!("{} % sure", text::number(confidence * 100.0, 0))
}
