//! Series whose truth is known.

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::*;
use crate::Unwatched;
use crate::random::Random;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2025, 1, 6).unwrap()
}

fn series(metric: &str, source: &str, track: &str, from: u64, values: &[f64]) -> DailySeries {
    let day = |at: usize| {
        first()
            .checked_add_days(Days::new(from + at as u64))
            .unwrap()
    };
    let days: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(at, value)| (day(at), *value))
        .collect();
    DailySeries::new(metric, source, track, &days).unwrap()
}

fn all(series: &[DailySeries]) -> Vec<Computed> {
    let today = first().checked_add_days(Days::new(400)).unwrap();
    computed(series, today, &[])
}

fn computed(series: &[DailySeries], today: NaiveDate, tracks: &[MeasuredTrack]) -> Vec<Computed> {
    let given = Given {
        series,
        today,
        own: &Own::None,
        tracks,
    };
    compute(&given, &mut Unwatched).unwrap()
}

fn result(computed: &[Computed], kind: &str) -> Value {
    let found = computed.iter().find(|one| {
        one.kind == kind
            && one
                .about
                .as_ref()
                .is_none_or(|about| about.source.is_empty())
    });
    found.unwrap_or_else(|| panic!("{kind}")).result.clone()
}

/// Weekly seasons around a level, 20 % noise a day.
fn weekly(seed: u64, count: usize, level: f64, growth: f64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..count)
        .map(|at| {
            let season = if at % 7 == 4 { 1.5 } else { 0.9 };
            let trend = (growth * at as f64 / 7.0).exp();
            (level * season * trend * (0.1 * random.normal()).exp()).round()
        })
        .collect()
}

#[test]
fn too_little_data_is_said_to_be_missing_and_nothing_is_made_up() {
    for given in [
        Vec::new(),
        vec![series("streams", "spotify", "", 0, &[5.0; 20])],
    ] {
        for one in all(&given) {
            if one.kind == "release_strategy" {
                for part in ["release_weekday", "listening_weekday", "hour", "lead_time"] {
                    assert_eq!(one.result[part]["status"], "not_enough_data", "{part}");
                }
                continue;
            }
            assert_eq!(one.result["status"], "not_enough_data", "{one:?}");
            let missing = &one.result["missing"][0];
            assert!(
                missing["needed"].as_u64() > missing["there"].as_u64(),
                "{one:?}"
            );
        }
    }
}

#[test]
fn eight_in_ten_sums_of_revenue_lie_between_low_and_high() {
    let (mut inside, mut count) = (0, 0);
    for seed in 0..60 {
        let mut random = Random::new(seed);
        let mut level = 8.0;
        // A walk with a weekly season: what comes is uncertain for real.
        let values: Vec<f64> = (0..330)
            .map(|at| {
                level += 0.02 * random.normal();
                let season = if at % 7 == 5 { 0.3 } else { 0.0 };
                (level + season + 0.1 * random.normal()).exp().round()
            })
            .collect();
        let known = series("revenue_minor_eur", "spotify", "", 0, &values[..300]);
        let found = result(&all(&[known]), "forecast_revenue");
        let period = &found["currencies"][0]["periods"][0];
        assert_eq!(
            (
                period["days"].as_u64(),
                found["currencies"][0]["currency"].as_str()
            ),
            (Some(30), Some("eur"))
        );
        let totals: Vec<i64> = (0..3)
            .map(|at| period["scenarios"][at]["total_minor"].as_i64().unwrap())
            .collect();
        assert!(totals.is_sorted());
        let came: f64 = values[300..].iter().sum();
        count += 1;
        inside += i32::from(totals[0] as f64 <= came && came <= totals[2] as f64);
    }
    // 48 of 60 expected; 3 standard deviations of a binomial are 9.3.
    println!("{inside} of {count}");
    assert!((39..=58).contains(&inside), "{inside} of {count}");
}

#[test]
fn a_prediction_says_how_good_it_was_and_sees_the_week() {
    let computed = all(&[series(
        "streams",
        "spotify",
        "",
        0,
        &weekly(1, 364, 1000.0, 0.0),
    )]);
    let found = result(&computed, "predict_metric");
    let days = found["days"].as_array().unwrap();
    assert_eq!(days.len(), 68);
    assert_eq!(days[0]["date"], "2026-01-05");
    let friday = days[4]["expected"].as_f64().unwrap();
    let monday = days[0]["expected"].as_f64().unwrap();
    assert!(
        (1.4..1.95).contains(&(friday / monday)),
        "{friday} {monday}"
    );
    let held_out = &found["held_out"];
    let figure = |name: &str| held_out[name].as_f64().unwrap();
    assert!(
        figure("mase") < figure("mase_of_last_week_again"),
        "{held_out}"
    );
    assert!((0.6..=1.0).contains(&figure("coverage_80")), "{held_out}");
    assert_eq!(found["window"]["days"], 364);
    assert_eq!(found["method"]["version"], VERSION);
}

#[test]
fn a_spike_is_found_with_its_size_and_the_track_that_made_it() {
    let mut track = weekly(2, 300, 500.0, 0.0);
    track[290] = 5000.0;
    let rest = weekly(3, 300, 100.0, 0.0);
    let other = weekly(4, 300, 700.0, 0.0);
    let whole: Vec<f64> = track
        .iter()
        .zip(&rest)
        .map(|(one, other)| one + other)
        .collect();
    let computed = all(&[
        series("streams", "spotify", "", 0, &whole),
        series("streams", "spotify", "A", 0, &track),
        series("streams", "spotify", "B", 0, &rest),
        series("saves", "deezer", "", 0, &other),
    ]);
    let found = result(&computed, "detect_anomalies");
    let day = first()
        .checked_add_days(Days::new(290))
        .unwrap()
        .to_string();
    let spikes: Vec<&Value> = found["found"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["date"] == day.as_str())
        .collect();
    assert_eq!(spikes.len(), 2, "{found}");
    let whole = spikes.iter().find(|one| one["track"] == "").unwrap();
    assert!(whole["size"].as_f64().unwrap() > 3.0 && whole["deviation"].as_f64().unwrap() > 4000.0);
    let causes = whole["likely_causes"].as_array().unwrap();
    assert_eq!(
        (causes.len(), causes[0]["track"].as_str()),
        (1, Some("A")),
        "{whole}"
    );
    assert!(causes[0]["correlation"].as_f64().unwrap() > 0.7);
    let watched = found["series"].as_array().unwrap();
    assert!(
        watched
            .iter()
            .all(|one| one["told_of"].as_f64().unwrap() < 0.03),
        "{watched:?}"
    );
    assert!(
        watched
            .iter()
            .all(|one| one["doubled_days_found"].as_f64().unwrap() > 0.5),
        "{watched:?}"
    );
    let top = result(&computed, "insights")["findings"]
        .as_array()
        .unwrap()
        .clone();
    assert!(top.iter().any(|one| one["code"] == "anomaly"), "{top:?}");
}

#[test]
fn a_total_that_will_pass_a_round_number_is_likely_to() {
    // About 1,281 a day: the total stands at some 466,000.
    let computed = all(&[series(
        "streams",
        "spotify",
        "",
        0,
        &weekly(5, 364, 1300.0, 0.0),
    )]);
    let found = result(&computed, "milestones");
    let one = &found["series"][0];
    let now = one["now"].as_f64().unwrap();
    assert_eq!(
        (one["counted"].as_str(), one["ahead"][0]["target"].as_f64()),
        (Some("total"), Some(500_000.0))
    );
    let by = one["ahead"][0]["by"].as_array().unwrap();
    let chances: Vec<f64> = by
        .iter()
        .map(|chance| chance["probability"].as_f64().unwrap())
        .collect();
    let needed = (500_000.0 - now) / 1285.0;
    assert!(chances.is_sorted() && needed > 7.0, "{chances:?} {needed}");
    assert!(chances[0] < 0.05, "{chances:?}");
    assert!(
        needed < 55.0 && chances.last().unwrap() > &0.9,
        "{chances:?} {needed}"
    );
    let later = one["ahead"][1]["by"].as_array().unwrap().last().unwrap();
    assert!(
        later["probability"].as_f64().unwrap() < 0.05,
        "a million is out of reach"
    );
}

#[test]
fn growth_has_an_interval_and_only_what_it_says_is_a_phase() {
    let computed = all(&[
        series("streams", "spotify", "", 0, &weekly(6, 200, 1000.0, 0.05)),
        series("saves", "spotify", "", 0, &weekly(7, 200, 1000.0, -0.05)),
        series("shares", "spotify", "", 0, &weekly(8, 200, 5000.0, 0.0)),
    ]);
    let found = result(&computed, "career_growth");
    let of = |metric: &str| {
        found["series"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["metric"] == metric)
            .unwrap()
            .clone()
    };
    assert_eq!(of("streams")["phase"], "growing");
    assert_eq!(of("saves")["phase"], "declining");
    assert_ne!(of("shares")["phase"], "growing");
    let streams = of("streams");
    let (low, high) = (
        streams["low"].as_f64().unwrap(),
        streams["high"].as_f64().unwrap(),
    );
    assert!((low..=high).contains(&(0.05_f64.exp() - 1.0)), "{streams}");
    let held_out = &streams["held_out"];
    assert!(
        held_out["error"].as_f64() < held_out["error_of_no_change"].as_f64(),
        "{held_out}"
    );
}

#[test]
fn listening_has_its_day_and_releases_say_theirs_only_when_they_do() {
    let mut given = vec![series(
        "streams",
        "spotify",
        "OLD",
        0,
        &weekly(9, 364, 1000.0, 0.0),
    )];
    let mut random = Random::new(10);
    for release in 0..12 {
        // Fridays start at three times the streams of Tuesdays, give or take a tenth.
        let friday = release % 2 == 0;
        let from = 21 * (release / 2) + 28 + if friday { 4 } else { 1 };
        let level = if friday { 900.0 } else { 300.0 } * (0.1 * random.normal()).exp();
        let count = usize::try_from(364 - from).unwrap();
        given.push(series(
            "streams",
            "spotify",
            &format!("T{release}"),
            from,
            &vec![level.round(); count],
        ));
        let lead = 3 * (release / 2) + 1;
        given.push(series(
            "presaves",
            "spotify",
            &format!("T{release}"),
            from - lead,
            &[3.0; 5],
        ));
    }
    let found = result(&all(&given), "release_strategy");
    let weekday = &found["release_weekday"];
    assert_eq!(
        (
            weekday["status"].as_str(),
            weekday["best"].as_str(),
            weekday["releases"].as_u64()
        ),
        (Some("ready"), Some("friday"), Some(12))
    );
    assert_eq!(found["listening_weekday"]["best"], "friday");
    assert!(
        found["listening_weekday"]["held_out_share"]
            .as_f64()
            .unwrap()
            > 0.9
    );
    assert_eq!(found["hour"]["status"], "not_enough_data");
    let lead = &found["lead_time"];
    assert_eq!(
        (lead["status"].as_str(), &lead["best_days"]),
        (Some("ready"), &Value::Null),
        "{lead}"
    );
}

#[test]
fn totals_take_the_whole_or_the_tracks_and_never_both() {
    let given = [
        series("streams", "a", "", 0, &[10.0, 10.0, 10.0]),
        series("streams", "a", "T", 0, &[4.0, 4.0, 4.0]),
        series("streams", "b", "T", 1, &[1.0, 1.0]),
        series("streams", "b", "U", 1, &[2.0, 2.0]),
        series("listeners", "a", "", 0, &[5.0]),
    ];
    let totals = super::series::totals(&given);
    assert_eq!(totals.len(), 1, "listeners don't add up");
    assert_eq!(totals[0].values(), [10.0, 13.0, 13.0]);
    assert_eq!(totals[0].about().source, "");
    let gap = DailySeries::new(
        "streams",
        "a",
        "",
        &[(first(), 1.0), (first() + Days::new(3), 7.0)],
    )
    .unwrap();
    assert_eq!(
        (gap.values(), gap.window().filled_days),
        (&[1.0, 3.0, 5.0, 7.0][..], 2)
    );
}
