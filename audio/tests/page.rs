//! The report as a page: whole, escaped, bounded, and honest about what is not defined.
#![expect(
    clippy::unwrap_used,
    reason = "a panic in what the tests share is a failed test"
)]

mod signals;

use audio::master::report::{Note, StageReport, Timeline};
use audio::master::{Bits, Format};
use audio::page::render;
use audio::{Band, Report};
use roxmltree::Document;
use serde_json::{Value, json};
use signals::{master, music, settings, wav};

fn report_of(samples: &[f32]) -> Report {
    let settings = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    master(wav(44_100, 2, samples), &settings).unwrap().0
}

/// A report with everything that a page can show.
fn full() -> Report {
    let mut report = report_of(&music(44_100, 12.0, 0.35, 1));
    let wave = |from: f32, swing: f32| -> Vec<f32> {
        (0_u16..600)
            .map(|n| from + swing * (f32::from(n) / 40.0).sin())
            .collect()
    };
    report.timeline = Some(Timeline {
        points_per_second: 50.0,
        short_term_before: wave(-25.0, 5.0),
        short_term_after: wave(-14.0, 4.0),
        gain_reduction_db: wave(1.5, 1.5),
    });
    report.target_spectrum = Some(
        report
            .after
            .spectrum
            .iter()
            .map(|band| Band {
                hz: band.hz,
                db: band.db + 1.3,
            })
            .collect(),
    );
    for stage in &mut report.stages {
        if stage.stage == "eq" {
            stage.applied = true;
            stage.details =
                json!({ "curve": [{ "hz": 50.0, "db": -2.4 }, { "hz": 8000.0, "db": 1.7 }] });
        }
    }
    report
}

/// The outermost SVGs of a page.
fn svgs(page: &str) -> Vec<&str> {
    page.split("<div class=\"plot")
        .skip(1)
        .map(|rest| {
            let from = rest.find("<svg").unwrap();
            let to = rest.find("</svg></div>").unwrap() + "</svg>".len();
            &rest[from..to]
        })
        .collect()
}

/// The text of a page as a reader sees it.
fn words(page: &str) -> String {
    let body = &page[page.find("<body>").unwrap()..];
    let mut text = String::new();
    let mut inside = true;
    for character in body.chars() {
        match character {
            '<' => inside = false,
            '>' => {
                inside = true;
                text.push(' ');
            }
            other if inside => text.push(other),
            _ => {}
        }
    }
    text
}

fn shown(value: f64, decimals: usize) -> String {
    format!("{value:.decimals$}").replace('-', "−")
}

fn assert_sound(page: &str) {
    assert!(page.len() < 200_000, "{}", page.len());
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    for banned in [
        "<script",
        "http://",
        "https://",
        "url(",
        "@import",
        "javascript:",
        " on",
        "src=",
    ] {
        let found = if banned == " on" {
            // Handlers are attributes: only within tags.
            page.split('<').skip(1).any(|tag| {
                tag.split('>')
                    .next()
                    .is_some_and(|tag| tag.split(' ').skip(1).any(|word| word.starts_with("on")))
            })
        } else {
            page.contains(banned)
        };
        assert!(!found, "{banned}");
    }
    let mut ids = std::collections::HashSet::new();
    for id in page.split(" id=\"").skip(1) {
        assert!(ids.insert(id.split('"').next().unwrap()), "{id}");
    }
    for svg in svgs(page) {
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        let document = Document::parse(svg).unwrap();
        let root = document.root_element();
        assert_eq!(root.attribute("role"), Some("img"));
        let named: Vec<&str> = root
            .attribute("aria-labelledby")
            .unwrap()
            .split(' ')
            .collect();
        for (tag, id) in ["title", "desc"].into_iter().zip(named) {
            let node = root.children().find(|node| node.has_tag_name(tag)).unwrap();
            assert_eq!(node.attribute("id"), Some(id));
            assert!(!node.text().unwrap().trim().is_empty());
        }
    }
}

#[test]
fn every_figure_of_a_report_is_on_the_page() {
    let report = full();
    let page = render(&report, "A song");
    assert_sound(&page);
    assert_eq!(svgs(&page).len(), 6);
    let text = words(&page);
    for (side, decimals) in [(&report.before, 2), (&report.after, 2)] {
        for figure in [
            side.integrated_lufs,
            side.max_short_term_lufs,
            side.max_momentary_lufs,
            side.lra_lu,
            side.true_peak_dbtp,
            side.sample_peak_dbfs,
            side.plr_db,
            side.crest_db,
            side.correlation,
        ] {
            let figure = shown(figure.unwrap(), decimals);
            assert!(text.contains(&format!(" {figure} ")), "{figure}");
        }
        for band in &side.spectrum {
            assert!(
                text.contains(&format!(" {} ", shown(band.db, 1))),
                "{band:?}"
            );
        }
    }
    let input = &report.input;
    for figure in [
        shown(report.target.integrated_lufs, 1),
        shown(report.target.ceiling_dbtp, 1),
        format!("+{}", shown(report.gain_db, 1)),
        shown(report.gain_reduction.max_db, 1),
        shown(report.gain_reduction.mean_db, 1),
        shown(report.gain_reduction.active_percent, 1),
        shown(report.before.dc_offset * 100.0, 4).replace("−0.0000", "0.0000"),
        "44.1 kHz".to_owned(),
        "529\u{202f}200".to_owned(),
        "0:12".to_owned(),
        input.codec.clone(),
        shown(report.output.size_bytes as f64 / 1.0e6, 1) + " MB",
        "−2.4".to_owned(),
    ] {
        assert!(text.contains(&figure), "{figure}");
    }
    for stage in &report.stages {
        assert!(text.contains(&stage.summary), "{}", stage.summary);
    }
    assert_eq!(
        text.matches(" acted ").count() + text.matches(" did nothing ").count(),
        report.stages.len()
    );
}

/// Puts `text` into every string of a JSON value.
fn poison(value: &mut Value, text: &str) {
    match value {
        Value::String(words) => text.clone_into(words),
        Value::Array(values) => values.iter_mut().for_each(|value| poison(value, text)),
        Value::Object(fields) => fields.values_mut().for_each(|value| poison(value, text)),
        _ => {}
    }
}

#[test]
fn hostile_text_in_every_place_stays_text() {
    let hostile = "</title></style><script>alert(1)</script>\"'><img src=x onerror=a>&\0\u{7}";
    let mut report = full();
    report.notes.push(Note {
        spans: Vec::new(),
        code: String::new(),
        message: String::new(),
    });
    let mut json = serde_json::to_value(&report).unwrap();
    poison(&mut json, hostile);
    let mut report: Report = serde_json::from_value(json).unwrap();
    let mut details = serde_json::Map::new();
    details.insert(
        hostile.to_owned(),
        json!({ hostile: [hostile, { hostile: hostile }] }),
    );
    report.stages[0].details = Value::Object(details);
    let page = render(&report, hostile);
    assert!(!page.contains("<script") && !page.contains("<img") && !page.contains('\0'));
    assert_eq!(page.matches("</style>").count(), 1);
    assert_eq!(page.matches("</title>").count(), 1 + svgs(&page).len());
    // As text it is all there: twice for the title alone.
    assert!(page.matches("&lt;script&gt;").count() >= 12);
    for svg in svgs(&page) {
        Document::parse(svg).unwrap();
    }
}

#[test]
fn silence_and_the_shortest_sounds_have_a_page_that_says_what_is_not_defined() {
    let silent = report_of(&vec![0.0; 88_200]);
    let page = render(&silent, "Nothing");
    assert_sound(&page);
    let text = words(&page);
    assert!(text.contains("Silent"));
    assert!(text.matches("not defined").count() >= 14);
    assert!(text.contains("there is no sound to analyse"));

    for seconds in [0.1, 0.000_03] {
        let mut short = report_of(&music(44_100, seconds, 0.5, 7));
        short.timeline = Some(Timeline {
            points_per_second: 10.0,
            short_term_before: vec![-70.0],
            short_term_after: vec![-70.0],
            gain_reduction_db: vec![0.0],
        });
        let page = render(&short, "");
        assert_sound(&page);
        let text = words(&page);
        assert!(text.contains("Untitled") && text.contains("Not measurable"));
        assert!(text.contains("The limiter took nothing away."));
    }
}

#[test]
fn four_hours_are_as_easy_as_a_minute() {
    let mut report = full();
    report.input.duration_seconds = 14_400.0;
    report.timeline.as_mut().unwrap().points_per_second = 600.0 / 14_400.0;
    let page = render(&report, "A night");
    assert_sound(&page);
    assert!(page.contains(">4:00:00</text>"));
}

#[test]
fn a_miss_and_an_over_are_told_first() {
    let mut report = full();
    report.target.integrated_lufs = -9.0;
    report.target_reached = false;
    let text = words(&render(&report, "A"));
    assert!(text.contains("Off target") && text.contains("5.0 LU below the target of −9.0"));
    report.after.true_peak_dbtp = Some(-0.5);
    let text = words(&render(&report, "A"));
    assert!(text.contains("Over the ceiling") && text.contains("−0.50 dBTP"));
}

#[test]
fn reports_from_before_the_timeline_still_parse_and_render() {
    let mut json = serde_json::to_value(full()).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.remove("timeline");
    fields.remove("target_spectrum");
    let report: Report = serde_json::from_value(json).unwrap();
    let page = render(&report, "Old");
    assert_sound(&page);
    assert!(words(&page).contains("holds no loudness over time"));
}

#[test]
fn no_report_makes_a_page_without_bounds_or_with_numbers_that_are_none() {
    let mut report = full();
    let long = "&\"<".repeat(10_000);
    report.notes = vec![
        Note {
            spans: Vec::new(),
            code: long.clone(),
            message: long.clone(),
        };
        500
    ];
    let details: serde_json::Map<String, Value> = (0..300)
        .map(|n| {
            (
                format!("{n}{long:.90}"),
                json!([&long[..2_000], &long[..2_000]]),
            )
        })
        .collect();
    report.stages = vec![
        StageReport {
            stage: long.clone(),
            applied: true,
            summary: long.clone(),
            details: Value::Object(details),
        };
        60
    ];
    for name in [
        &mut report.target.name,
        &mut report.input.codec,
        &mut report.input.format,
        &mut report.output.format,
        &mut report.output.bits,
    ] {
        name.clone_from(&long);
    }
    let wild = [
        f32::NAN,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::MAX,
        -1.0,
        0.3,
        -60.0,
    ];
    let values: Vec<f32> = wild.iter().cycle().take(100_000).copied().collect();
    report.waveform.before.peak.clone_from(&values);
    report.waveform.after.rms.clone_from(&values);
    report.timeline = Some(Timeline {
        points_per_second: 1.0e-3,
        short_term_before: values.clone(),
        short_term_after: values.clone(),
        gain_reduction_db: values,
    });
    let bands: Vec<Band> = (0..10_000)
        .map(|n| Band {
            hz: f64::from(n) * 1.0e3 - 5.0,
            db: if n % 3 == 0 { f64::MAX } else { f64::NAN },
        })
        .collect();
    report.before.spectrum.clone_from(&bands);
    report.target_spectrum = Some(bands);
    report.before.integrated_lufs = Some(f64::NAN);
    report.after.true_peak_dbtp = Some(f64::NEG_INFINITY);
    report.after.lra_lu = Some(f64::MAX);
    report.gain_db = f64::NAN;
    report.input.duration_seconds = f64::INFINITY;
    report.input.frames = u64::MAX;
    report.output.sample_rate_hz = 0;
    let page = render(&report, &long);
    assert_sound(&page);
    assert!(!words(&page).contains("NaN"));
    assert!(words(&page).contains("more in the JSON report"));
}

#[test]
fn the_same_report_gives_the_same_page() {
    let report = full();
    assert_eq!(render(&report, "A"), render(&report, "A"));
}

/// The custom properties of one block of the style sheet.
fn tokens(block: &str) -> std::collections::HashMap<&str, [f64; 3]> {
    block
        .lines()
        .filter_map(|line| {
            let (name, value) = line.trim().strip_prefix("--")?.split_once(": #")?;
            let channel = |at: usize| {
                let share = f64::from(u8::from_str_radix(&value[at..at + 2], 16).unwrap()) / 255.0;
                if share <= 0.040_45 {
                    share / 12.92
                } else {
                    ((share + 0.055) / 1.055).powf(2.4)
                }
            };
            Some((name, [channel(0), channel(2), channel(4)]))
        })
        .collect()
}

/// WCAG 2.2, contrast ratio of linear colours.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

#[test]
fn text_and_lines_stand_out_by_day_and_by_night() {
    let page = render(&full(), "A");
    let blocks: Vec<&str> = page.split(":root {").skip(1).collect();
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let colours = tokens(block.split('}').next().unwrap());
        let room = colours["room"];
        for text in ["text", "muted", "before", "after", "good", "bad"] {
            assert!(contrast(colours[text], room) >= 4.5, "{text}");
        }
        for line in ["before", "after", "aim", "cut", "edge"] {
            assert!(contrast(colours[line], room) >= 3.0, "{line}");
        }
        // Lines cross the source's shape, and the key's own shapes.
        for line in ["after", "aim"] {
            assert!(
                contrast(colours[line], colours["before-fill"]) >= 3.0,
                "{line}"
            );
        }
        assert!(contrast(colours["cut"], colours["cut-fill"]) >= 3.0);
    }
}
