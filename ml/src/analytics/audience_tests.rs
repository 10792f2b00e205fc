//! Audiences and tracks whose truth is known.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde_json::Value;

use super::report::value;
use super::*;
use crate::random::Random;

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

fn series(metric: &str, source: &str, track: &str, from: u64, values: &[f64]) -> DailySeries {
    let days = values.iter().zip(from..);
    let days: Vec<_> = days
        .map(|(value, at)| (first() + Days::new(at), *value))
        .collect();
    DailySeries::new(metric, source, track, &days).unwrap()
}

/// Places at which each listener plays `streams` and one in `saves` keeps a track.
fn place(track: &str, seed: u64, level: f64, streams: f64, saves: f64) -> Vec<DailySeries> {
    let mut random = Random::new(seed);
    let level = level * (0.2 * random.normal()).exp();
    let listeners: Vec<f64> = (0..120)
        .map(|_| (level * (0.05 * random.normal()).exp()).round())
        .collect();
    let times = |factor: f64, random: &mut Random| -> Vec<f64> {
        let factor = factor * (0.05 * random.normal()).exp();
        listeners
            .iter()
            .map(|value| (value * factor).round())
            .collect()
    };
    vec![
        series("streams", "spotify", track, 0, &times(streams, &mut random)),
        series("saves", "spotify", track, 0, &times(saves, &mut random)),
        series("listeners", "spotify", track, 0, &listeners),
    ]
}

fn found(series: &[DailySeries]) -> Value {
    value(&fanbase::segments(series)).unwrap()
}

#[test]
fn segments_that_are_there_are_told_with_what_sets_them_apart() {
    let mut all = Vec::new();
    for at in 0..16 {
        let loyal = at % 2 == 0;
        let (streams, saves) = if loyal { (4.0, 0.2) } else { (1.2, 0.02) };
        all.extend(place(&format!("T{at:02}"), at, 1000.0, streams, saves));
    }
    let told = found(&all);
    assert_eq!(told["status"], "ready");
    assert_eq!(told["separated"], true, "{told}");
    let segments = told["segments"].as_array().unwrap();
    assert_eq!(segments.len(), 2, "{told}");
    let tracks: Vec<&str> = segments[0]["places"]
        .as_array()
        .unwrap()
        .iter()
        .map(|place| place["track"].as_str().unwrap())
        .collect();
    assert_eq!(
        tracks,
        ["T00", "T02", "T04", "T06", "T08", "T10", "T12", "T14"]
    );
    let share = &segments[0]["share_of_streams"];
    let figure = |name: &str| share[name].as_f64().unwrap();
    assert!(figure("low") <= figure("share") && figure("share") <= figure("high"));
    assert!((0.65..0.9).contains(&figure("share")), "{share}");
    let trait_ = &segments[0]["apart_by"][0];
    assert!(
        ["streams_per_listener", "saves_per_listener"]
            .contains(&trait_["feature"].as_str().unwrap()),
        "{segments:?}"
    );
    assert!(trait_["median"].as_f64() > trait_["median_of_others"].as_f64());
    assert_eq!(found(&all), told, "the same data, the same segments");
}

#[test]
fn an_audience_that_is_one_is_not_cut_up() {
    let mut all = Vec::new();
    for at in 0..16 {
        all.extend(place(&format!("T{at:02}"), 100 + at, 1000.0, 2.0, 0.1));
    }
    let told = found(&all);
    assert_eq!(
        (&told["separated"], &told["segments"]),
        (&Value::Bool(false), &Value::Array(Vec::new())),
        "{told}"
    );
    all.truncate(3 * 11);
    let few = found(&all);
    assert_eq!(few["status"], "not_enough_data");
    assert_eq!(
        (
            few["missing"][0]["needed"].as_u64(),
            few["missing"][0]["there"].as_u64()
        ),
        (Some(12), Some(11))
    );
}

/// Thirty tracks released one after the other, louder ones with more streams if `matters`.
fn released(seed: u64, matters: bool) -> (Vec<DailySeries>, Vec<MeasuredTrack>) {
    let mut random = Random::new(seed);
    let mut all = vec![series("streams", "spotify", "OLD", 0, &[50.0; 200])];
    let mut tracks = Vec::new();
    for at in 0..30_u64 {
        let loudness = -14.0 + 8.0 * random.unit();
        let more = if matters { 0.4 * loudness } else { 0.0 };
        let level = (8.0 + more + 0.4 * random.normal()).exp();
        let word = format!("DEA62100{at:04}");
        all.push(series(
            "streams",
            "spotify",
            &word,
            10 + 3 * at,
            &[level.round(); 70],
        ));
        let mut features = BTreeMap::from([("loudness_lufs".to_owned(), loudness)]);
        for other in 0..9 {
            features.insert(format!("other_{other}"), random.normal());
        }
        tracks.push(MeasuredTrack {
            words: vec![format!("id-{at}"), word],
            features,
        });
    }
    (all, tracks)
}

fn outcome(told: &Value, name: &str) -> Value {
    let outcomes = told["outcomes"].as_array().unwrap();
    outcomes
        .iter()
        .find(|one| one["outcome"] == name)
        .unwrap()
        .clone()
}

#[test]
fn what_goes_together_is_found_with_its_interval() {
    let (all, tracks) = released(5, true);
    let told = value(&music::insights(&all, &tracks)).unwrap();
    let early = outcome(&told, "streams_of_first_28_days");
    assert_eq!(
        (&early["status"], early["tracks"].as_u64()),
        (&"ready".into(), Some(30))
    );
    let top = &early["correlations"][0];
    assert_eq!(
        (&top["feature"], &top["clear"]),
        (&"loudness_lufs".into(), &true.into())
    );
    let figure = |name: &str| top[name].as_f64().unwrap();
    assert!(
        figure("low") > 0.3 && figure("correlation") <= figure("high"),
        "{top}"
    );
    assert!(figure("p_value") < 0.01);
    let saves = outcome(&told, "saves_by_streams");
    assert_eq!(saves["status"], "not_enough_data");

    let few = value(&music::insights(&all, &tracks[..11])).unwrap();
    assert_eq!(
        (&few["status"], few["missing"][0]["there"].as_u64()),
        (&"not_enough_data".into(), Some(11))
    );
}

#[test]
fn chance_is_called_clear_once_in_twenty_times_over_all_figures() {
    let mut clear = 0;
    for seed in 0..40 {
        let (all, tracks) = released(seed, false);
        let told = value(&music::insights(&all, &tracks)).unwrap();
        let early = outcome(&told, "streams_of_first_28_days");
        let mut found = early["correlations"].as_array().unwrap().iter();
        clear += u32::from(found.any(|one| one["clear"] == true));
    }
    // Two of forty expected; three standard deviations of a binomial are 4.1.
    assert!(clear <= 6, "{clear}");
}

#[test]
fn a_flat_series_has_a_resolution_and_no_endless_sizes() {
    let mut flat = vec![40.0; 200];
    flat[190] = 140.0;
    let one = series("streams", "spotify", "", 0, &flat);
    let told = anomalies::detect(&[&one], &mut crate::Unwatched).unwrap();
    let told = value(&told).unwrap();
    let found = told["found"].as_array().unwrap();
    let spike = found
        .iter()
        .find(|one| one["value"].as_f64() == Some(140.0))
        .unwrap_or_else(|| panic!("{told}"));
    assert_eq!(spike["resolution"].as_f64(), Some(1.0));
    let size = spike["size"].as_f64().unwrap();
    assert!((10.0..=100.0).contains(&size), "{spike}");
}
