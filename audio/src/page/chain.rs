//! The chain, stage by stage, and the notes: lists of text from outside, kept within bounds.

use serde_json::Value;

use super::text;
use crate::analysis::Span;
use crate::master::Report;
use crate::master::report::{Note, StageReport};

/// Most bytes of each list; what is over is counted instead.
const MOST_CHAIN: usize = 48_000;
const MOST_DETAILS: usize = 6_000;
const MOST_NOTES: usize = 24_000;
/// Most characters of a sentence, of a name, and of a value.
const SENTENCE: usize = 700;
const NAME: usize = 60;
const VALUE: usize = 240;
/// Most times that a note is told to lie at.
const MOST_PLACES: usize = 12;
/// Objects within objects are followed this deep.
const DEEPEST: usize = 3;

/// Endings of names that say the unit of the value, with the unit.
const UNITS: [(&str, &str); 11] = [
    ("_lufs", "LUFS"),
    ("_dbtp", "dBTP"),
    ("_dbfs", "dBFS"),
    ("_lu", "LU"),
    ("_db", "dB"),
    ("_hz", "Hz"),
    ("_percent", "%"),
    ("_seconds", "s"),
    ("_ms", "ms"),
    ("_bytes", "bytes"),
    ("_samples", "samples"),
];

/// Every stage in order.
pub(super) fn chain(report: &Report) -> String {
    let items = report.stages.iter().map(stage);
    format!(
        "<ol class=\"chain\">\n{}</ol>\n",
        within(items, MOST_CHAIN, "li")
    )
}

/// What the assistant chose, and why; nothing where the caller decided.
pub(super) fn choices(report: &Report) -> String {
    if report.choices.is_empty() {
        return String::new();
    }
    let items = report.choices.iter().map(|choice| {
        format!(
            "<li><h3>{}: {}</h3><p>{}</p></li>\n",
            stage_name(&choice.about),
            text::escape(&choice.choice, NAME),
            text::escape(&choice.reason, SENTENCE)
        )
    });
    format!(
        "<ul class=\"choices\">\n{}</ul>\n",
        within(items, MOST_NOTES, "li")
    )
}

/// Every note, or that there is none.
pub(super) fn notes(report: &Report) -> String {
    if report.notes.is_empty() {
        return "<p class=\"quiet\">Nothing to note.</p>\n".to_owned();
    }
    let items = report.notes.iter().map(note);
    format!(
        "<ul class=\"notes\">\n{}</ul>\n",
        within(items, MOST_NOTES, "li")
    )
}

fn note(note: &Note) -> String {
    format!(
        "<li><p>{}{}</p><code>{}</code></li>\n",
        text::escape(&note.message, SENTENCE),
        places(&note.spans),
        text::escape(&note.code, NAME)
    )
}

/// Where something lies in the track, as times of a player.
fn places(spans: &[Span]) -> String {
    if spans.is_empty() {
        return String::new();
    }
    let mut times: Vec<String> = spans
        .iter()
        .take(MOST_PLACES)
        .map(|span| {
            let (from, to) = (span.start_seconds, span.end_seconds);
            if to - from < 1.0 {
                text::length(from)
            } else {
                format!("{} to {}", text::length(from), text::length(to))
            }
        })
        .collect();
    if let Some(left) = spans
        .len()
        .checked_sub(MOST_PLACES)
        .filter(|left| *left > 0)
    {
        times.push(format!("{left} more places"));
    }
    format!(" <span class=\"places\">At {}.</span>", times.join(", "))
}

fn stage(stage: &StageReport) -> String {
    let (class, said) = if stage.applied {
        ("acted", "acted")
    } else {
        ("idle", "did nothing")
    };
    let mut rows = Vec::new();
    describe("", &stage.details, 0, &mut rows);
    let details = if rows.is_empty() {
        String::new()
    } else {
        format!(
            "<details><summary>Settings and figures</summary><dl>{}</dl></details>",
            within(rows.into_iter(), MOST_DETAILS, "dt")
        )
    };
    format!(
        "<li class=\"{class}\"><h3>{} <span class=\"said\">{said}</span></h3><p>{}</p>{details}</li>\n",
        stage_name(&stage.stage),
        text::escape(&stage.summary, SENTENCE)
    )
}

fn stage_name(stage: &str) -> String {
    match stage {
        "dc" => "DC offset".to_owned(),
        "eq" => "Equaliser".to_owned(),
        other => sentence_case(&text::escape(&other.replace('_', " "), NAME)),
    }
}

fn sentence_case(words: &str) -> String {
    let mut characters = words.chars();
    match characters.next() {
        // An escape begins with an ampersand, which has no upper case.
        Some(first) => first.to_uppercase().chain(characters).collect(),
        None => String::new(),
    }
}

/// Adds a row for every value; names of objects within objects lead those of their values.
fn describe(name: &str, value: &Value, depth: usize, rows: &mut Vec<String>) {
    match value {
        Value::Object(fields) if depth < DEEPEST => {
            for (key, value) in fields {
                let name = if name.is_empty() {
                    key.clone()
                } else {
                    format!("{name}: {key}")
                };
                describe(&name, value, depth + 1, rows);
            }
        }
        // Curves are drawn, and written out under the spectrum.
        Value::Array(_) if name == "curve" => {}
        Value::Null => {}
        value => {
            let (name, unit) = UNITS
                .iter()
                .find_map(|(ending, unit)| Some((name.strip_suffix(ending)?, *unit)))
                .unwrap_or((name, ""));
            rows.push(format!(
                "<dt>{}</dt><dd>{} {unit}</dd>",
                sentence_case(&text::escape(&name.replace('_', " "), NAME)),
                text::escape(&plain(value), VALUE)
            ));
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => text::count(whole),
            (None, Some(value)) => text::loose(value),
            (None, None) => text::UNDEFINED.to_owned(),
        },
        Value::String(words) => words.chars().take(VALUE + 1).collect(),
        Value::Array(values) if values.is_empty() => "none".to_owned(),
        Value::Array(values) => joined(values.iter().map(plain)),
        Value::Object(fields) => joined(
            fields
                .iter()
                .map(|(name, value)| format!("{name} {}", plain(value))),
        ),
    }
}

/// Joins until there is more than will be shown anyway.
fn joined(words: impl Iterator<Item = String>) -> String {
    let mut all = String::new();
    for word in words {
        if all.len() > VALUE * 4 {
            break;
        }
        if !all.is_empty() {
            all.push_str(", ");
        }
        all.push_str(&word);
    }
    all
}

fn more(tag: &str, left_out: u64) -> String {
    let left_out = text::count(left_out);
    format!("<{tag} class=\"more\">{left_out} more in the JSON report</{tag}>\n")
}

/// As many items as fit into `most` bytes, and how many more there are.
fn within(items: impl Iterator<Item = String>, most: usize, tag: &str) -> String {
    let mut list = String::new();
    let mut left_out = 0_u64;
    for item in items {
        if left_out == 0 && list.len() + item.len() <= most {
            list.push_str(&item);
        } else {
            left_out += 1;
        }
    }
    if left_out > 0 {
        list.push_str(&more(tag, left_out));
    }
    list
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(details: &Value) -> Vec<String> {
        let mut rows = Vec::new();
        describe("", details, 0, &mut rows);
        rows
    }

    #[test]
    fn names_of_figures_give_their_units() {
        assert_eq!(
            rows(&json!({ "max_reduction_db": 3.25, "seed": 7, "phase": "linear", "gone": null })),
            [
                "<dt>Max reduction</dt><dd>3.25 dB</dd>",
                "<dt>Phase</dt><dd>linear </dd>",
                "<dt>Seed</dt><dd>7 </dd>",
            ]
        );
    }

    #[test]
    fn lists_and_objects_are_told_and_bounded() {
        assert_eq!(
            rows(&json!({ "low": { "gain_db": -1.5 }, "at": [{ "hz": 50, "on": true }, 2] })),
            [
                "<dt>At</dt><dd>hz 50, on yes, 2 </dd>",
                "<dt>Low: gain</dt><dd>−1.5 dB</dd>",
            ]
        );
        let many: Vec<u64> = (0..100_000).collect();
        assert!(rows(&json!({ "all": many }))[0].len() < 2_000);
    }

    #[test]
    fn a_list_that_is_too_long_says_what_it_leaves_out() {
        let items = (0..10).map(|n| format!("<li>{n}</li>"));
        let list = within(items, 30, "li");
        assert!(list.contains("<li>2</li>") && !list.contains("<li>3</li>"));
        assert!(list.contains("7 more in the JSON report"));
    }
}
