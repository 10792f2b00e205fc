//! The picture of the balance in third octaves, and its table.

use super::axis::Axis;
use super::figure::Figure;
use super::plot::{Mark, Plot, Shape};
use super::tables::{Column, table};
use super::text;
use crate::Band;
use crate::master::Report;

/// Most bands that are read: third octaves from 25 Hz to 20 kHz are thirty.
const MOST_BANDS: usize = 64;
/// Bands this far below the loudest are not shown, in decibels.
const SHOWN_DB: f64 = 66.0;
/// At or below this there is nothing in a band, in decibels.
const NOTHING_DB: f64 = -190.0;
/// The equaliser's axis shows at least this much to both sides, in decibels.
const LEAST_EQ_DB: f64 = 3.0;

/// What the equaliser did, if the report tells: the `curve` of the stage `eq`.
fn eq_curve(report: &Report) -> Vec<Band> {
    report
        .stages
        .iter()
        .find(|stage| stage.stage == "eq" && stage.applied)
        .and_then(|stage| stage.details.get("curve"))
        .and_then(|curve| serde_json::from_value::<Vec<Band>>(curve.clone()).ok())
        .map(|curve| usable(&curve))
        .unwrap_or_default()
}

fn usable(bands: &[Band]) -> Vec<Band> {
    bands
        .iter()
        .filter(|band| band.hz.is_finite() && band.hz > 0.0 && band.db.is_finite())
        .take(MOST_BANDS)
        .copied()
        .collect()
}

/// The figure; its sentence says how far the source was raised to lie beside the master.
pub(super) fn figure(report: &Report) -> Figure {
    const HEADING: &str = "Spectrum";
    let shift = match (report.before.integrated_lufs, report.after.integrated_lufs) {
        (Some(before), Some(after)) => after - before,
        _ => 0.0,
    };
    let mut before = usable(&report.before.spectrum);
    before
        .iter_mut()
        .filter(|band| band.db > NOTHING_DB)
        .for_each(|band| band.db += shift);
    let after = usable(&report.after.spectrum);
    let aim = usable(report.target_spectrum.as_deref().unwrap_or_default());
    let all = || before.iter().chain(&after).chain(&aim);
    let high = all().map(|band| band.db).fold(f64::NEG_INFINITY, f64::max);
    if high <= NOTHING_DB {
        return Figure {
            heading: HEADING,
            sentence: "Not defined: there is no sound to analyse.".to_owned(),
            key: Vec::new(),
            plots: String::new(),
        };
    }
    let low = all()
        .map(|band| band.db)
        .filter(|db| *db > high - SHOWN_DB)
        .fold(high, f64::min);
    let across = Axis::frequency(
        all().map(|band| band.hz).fold(f64::INFINITY, f64::min),
        all().map(|band| band.hz).fold(0.0, f64::max),
    );
    let eq = eq_curve(report);
    let moved = if shift.abs() < 0.05 {
        "Source".to_owned()
    } else {
        format!("Source, {} dB", text::signed(shift, 1))
    };
    let mut key = vec![("before", moved), ("after", "Master".to_owned())];
    if !aim.is_empty() {
        key.push(("aim", "Aimed at".to_owned()));
    }
    if !eq.is_empty() {
        key.push(("eq", "Equaliser (below)".to_owned()));
    }
    let mut plots = balance(
        &across,
        (low - 1.0, high + 1.0),
        [&before, &after, &aim],
        eq.is_empty(),
    );
    if !eq.is_empty() {
        plots += &equaliser(&across, &eq);
    }
    plots += &figures(report, &eq);
    Figure {
        heading: HEADING,
        sentence: "Third octaves over the whole track, the source brought to the loudness of \
                   the master, so that the shapes compare."
            .to_owned(),
        key,
        plots,
    }
}

fn balance(
    across: &Axis,
    (low, high): (f64, f64),
    [before, after, aim]: [&[Band]; 3],
    labelled: bool,
) -> String {
    let up = Axis::level(low, high, 6.0);
    let line = |bands: &[Band]| Shape::Line(bands.iter().map(|band| (band.hz, band.db)).collect());
    let filled = before.iter().map(|band| (band.hz, up.from, band.db));
    let mut marks = vec![
        Mark {
            class: "before",
            shape: Shape::Band(filled.collect()),
        },
        Mark {
            class: "before-edge",
            shape: line(before),
        },
        Mark {
            class: "after",
            shape: line(after),
        },
    ];
    if !aim.is_empty() {
        marks.push(Mark {
            class: "aim",
            shape: line(aim),
        });
    }
    Plot {
        id: "spectrum",
        title: "Spectrum of source and master in third octaves",
        description: format!(
            "{} {} The figures stand in the table below.",
            strongest("source", before),
            strongest("master", after)
        ),
        across,
        up,
        unit: "dB",
        marks,
        height: 240,
        labelled,
    }
    .svg()
}

fn strongest(whose: &str, bands: &[Band]) -> String {
    bands
        .iter()
        .max_by(|one, other| one.db.total_cmp(&other.db))
        .map(|band| {
            format!(
                "The {whose} is strongest around {} Hz.",
                text::loose(band.hz)
            )
        })
        .unwrap_or_default()
}

fn equaliser(across: &Axis, eq: &[Band]) -> String {
    let most = eq
        .iter()
        .map(|band| band.db.abs())
        .fold(LEAST_EQ_DB, f64::max);
    let extreme = |better: fn(f64, f64) -> bool| {
        eq.iter()
            .copied()
            .reduce(|kept, band| if better(band.db, kept.db) { band } else { kept })
            .map_or_else(String::new, |band| {
                format!(
                    "{} dB at {} Hz",
                    text::signed(band.db, 1),
                    text::loose(band.hz)
                )
            })
    };
    Plot {
        id: "equaliser",
        title: "Equaliser curve",
        description: format!(
            "The equaliser's gain over frequency, from {} to {}.",
            extreme(|new, kept| new < kept),
            extreme(|new, kept| new > kept)
        ),
        across,
        up: Axis::level(-most - 0.2, most + 0.2, 6.0),
        unit: "dB",
        marks: vec![
            Mark {
                class: "eq",
                shape: Shape::Band(eq.iter().map(|band| (band.hz, 0.0, band.db)).collect()),
            },
            Mark {
                class: "eq-edge",
                shape: Shape::Line(eq.iter().map(|band| (band.hz, band.db)).collect()),
            },
        ],
        height: 110,
        labelled: true,
    }
    .svg()
}

/// All bands as text, folded away.
fn figures(report: &Report, eq: &[Band]) -> String {
    let aim = report.target_spectrum.as_deref().unwrap_or_default();
    let curves: Vec<(Column, Vec<Band>)> = [
        ("of-before", "Source", report.before.spectrum.as_slice()),
        ("of-after", "Master", report.after.spectrum.as_slice()),
        ("", "Aimed at", aim),
        ("", "Equaliser", eq),
    ]
    .into_iter()
    .map(|(class, heading, bands)| (Column { class, heading }, usable(bands)))
    .filter(|(_, bands)| !bands.is_empty())
    .collect();
    let mut centres: Vec<f64> = curves
        .iter()
        .flat_map(|(_, bands)| bands)
        .map(|band| band.hz)
        .collect();
    centres.sort_by(f64::total_cmp);
    centres.dedup_by(|one, other| same(*one, *other));
    let columns: Vec<Column> = [Column::plain("Band, dB")]
        .into_iter()
        .chain(curves.iter().map(|(column, _)| *column))
        .collect();
    let rows = centres.iter().take(2 * MOST_BANDS).map(|hz| {
        let cells = curves.iter().map(|(_, bands)| cell(bands, *hz));
        (format!("{} Hz", text::loose(*hz)), cells.collect())
    });
    format!(
        "<details><summary>Third octaves as figures</summary>{}</details>\n",
        table("bands", &columns, rows)
    )
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() <= 0.005 * other
}

fn cell(bands: &[Band], hz: f64) -> String {
    match bands.iter().find(|band| same(band.hz, hz)) {
        Some(band) if band.db <= NOTHING_DB => "−∞".to_owned(),
        Some(band) => text::number(band.db, 1),
        None => "–".to_owned(),
    }
}
