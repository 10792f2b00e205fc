//! The pictures of a report: waveforms, loudness, spectrum, gain reduction.
//!
//! One language throughout: the source is a filled shape, the master a solid line over it, and
//! what was aimed at is dashed.

use super::axis::Axis;
use super::figure::Figure;
use super::plot::{Mark, Plot, Shape};
use super::series::{Fold, Series};
use super::{spectrum, text, waveform};
use crate::master::Report;
use crate::master::report::Timeline;

/// Loudness at or below this is no loudness, in LUFS.
const FLOOR_LUFS: f64 = -70.0;
/// A loudness axis shows at most this much, so that a fade does not flatten the music.
const MOST_RANGE_LU: f64 = 36.0;
/// What the limiter takes away below this is nothing, in decibels.
const ACTED_DB: f64 = 0.05;

/// All figures, in the order of the page.
pub(super) fn figures(report: &Report) -> String {
    let time = Axis::time(report.input.duration_seconds);
    let figures = [
        waveform::figure(report, &time),
        loudness(report, &time),
        spectrum::figure(report),
        reduction(report, &time),
    ];
    text::each(&figures, Figure::html)
}

fn loudness(report: &Report, time: &Axis) -> Figure {
    const HEADING: &str = "Loudness over time";
    let Some(timeline) = &report.timeline else {
        return Figure::without_plot(HEADING, "The report holds no loudness over time.");
    };
    let seconds = report.input.duration_seconds;
    let series = |values: &[f32]| {
        Series::new(values, timeline.points_per_second, seconds, Fold::Mean)
            .filter(|series| series.highest().is_some_and(|(_, most)| most > FLOOR_LUFS))
    };
    let before = series(&timeline.short_term_before);
    let after = series(&timeline.short_term_after);
    let target = report.target.integrated_lufs;
    let shown: Vec<&Series> = before.iter().chain(&after).collect();
    if shown.is_empty() {
        return Figure::without_plot(
            HEADING,
            "Not defined: short-term loudness needs three seconds of sound above −70 LUFS.",
        );
    }
    let high = shown
        .iter()
        .filter_map(|series| series.highest())
        .fold(target, |high, (_, value)| high.max(value));
    let low = shown
        .iter()
        .filter_map(|series| series.quantile(0.02, FLOOR_LUFS))
        .fold(target, f64::min);
    let up = Axis::level((low - 1.0).max(high - MOST_RANGE_LU), high + 1.0, 8.0);
    let mut marks = Vec::new();
    if let Some(before) = &before {
        let points = before
            .points
            .iter()
            .map(|(at, value)| (*at, up.from, *value));
        marks.push(Mark {
            class: "before",
            shape: Shape::Band(points.collect()),
        });
        marks.push(Mark {
            class: "before-edge",
            shape: Shape::Line(before.points.clone()),
        });
    }
    marks.push(Mark {
        class: "aim",
        shape: Shape::Level(target, String::new()),
    });
    if let Some(after) = &after {
        marks.push(Mark {
            class: "after",
            shape: Shape::Line(after.points.clone()),
        });
    }
    let plot = Plot {
        id: "loudness",
        title: "Short-term loudness over time",
        description: format!(
            "{} {} The target is {} LUFS.",
            loudest_moment("source", before.as_ref()),
            loudest_moment("master", after.as_ref()),
            text::level(target)
        ),
        across: time,
        up,
        unit: "LUFS",
        marks,
        height: 220,
        labelled: true,
    };
    Figure {
        heading: HEADING,
        sentence: "Short-term: the loudness of three seconds at a time. The target holds for \
                   the track as a whole, so that loud passages lie above it."
            .to_owned(),
        key: vec![
            ("before", "Source".to_owned()),
            ("after", "Master".to_owned()),
            ("aim", format!("Target {} LUFS", text::level(target))),
        ],
        plots: plot.svg(),
    }
}

fn loudest_moment(whose: &str, series: Option<&Series>) -> String {
    match series.and_then(Series::highest) {
        Some((at, value)) => format!(
            "The {whose} is loudest near {}, at {} LUFS.",
            text::length(at),
            text::level(value)
        ),
        None => format!("The loudness of the {whose} is not defined."),
    }
}

fn reduction(report: &Report, time: &Axis) -> Figure {
    const HEADING: &str = "Gain reduction";
    let curve = |timeline: &Timeline| {
        Series::new(
            &timeline.gain_reduction_db,
            timeline.points_per_second,
            report.input.duration_seconds,
            Fold::Highest,
        )
    };
    let Some(series) = report.timeline.as_ref().and_then(curve) else {
        return Figure::without_plot(HEADING, "The report holds no gain reduction over time.");
    };
    let Some((at, deepest)) = series.highest().filter(|(_, most)| *most >= ACTED_DB) else {
        return Figure::without_plot(HEADING, "The limiter took nothing away.");
    };
    let points: Vec<(f64, f64, f64)> = series
        .points
        .iter()
        .map(|(at, value)| (*at, 0.0, value.max(0.0)))
        .collect();
    let plot = Plot {
        id: "reduction",
        title: "Gain reduction over time",
        description: format!(
            "The limiter takes away most near {}: {} dB.",
            text::length(at),
            text::level(deepest)
        ),
        across: time,
        up: Axis::level(0.0, deepest.max(2.0), 4.0).reversed(),
        unit: "dB",
        marks: vec![
            Mark {
                class: "cut",
                shape: Shape::Band(points),
            },
            Mark {
                class: "cut-edge",
                shape: Shape::Line(series.points.clone()),
            },
        ],
        height: 120,
        labelled: true,
    };
    Figure {
        heading: HEADING,
        sentence: format!(
            "What the limiter takes away, hanging from above: the deeper, the more. {} dB at \
             most; at work in {} % of the time, by {} dB on average.",
            text::level(report.gain_reduction.max_db),
            text::level(report.gain_reduction.active_percent),
            text::level(report.gain_reduction.mean_db)
        ),
        key: Vec::new(),
        plots: plot.svg(),
    }
}
