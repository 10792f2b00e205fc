//! Learning twice is learning the same; stopped or not; and nothing held out is seen.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Days, NaiveDate};

use super::*;
use crate::analytics::{DailySeries, Given, Own, compute};
use crate::random::Random;
use crate::registry::{About, Bundle, DataWindow, Trainer, load};
use crate::runtime::Runtime;
use crate::{Control, MlError, Result, Unwatched};

fn first() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 5).unwrap()
}

/// Tracks that share a week and a way to fade, each with its own level and noise.
fn tracks(count: usize, days: usize) -> Vec<DailySeries> {
    let track = |each: usize| {
        let mut random = Random::part(11, each as u64);
        let level = (4.0 + 3.0 * random.unit()).exp();
        let values = (0..days).map(|at| {
            let week = if at % 7 > 4 { 1.4 } else { 0.9 };
            let fading = (-(at as f64) / 200.0).exp();
            (level * week * fading * (0.1 * random.normal()).exp()).round()
        });
        let days: Vec<_> = values
            .enumerate()
            .map(|(at, value)| (first() + Days::new(at as u64), value))
            .collect();
        DailySeries::new("streams", "spotify", format!("T{each}"), &days).unwrap()
    };
    (0..count).map(track).collect()
}

/// Keeps states in memory.
#[derive(Default)]
struct Memory(HashMap<bool, Vec<u8>>);

impl Keep for Memory {
    fn recall(&mut self, part: Part) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(&(part == Part::Trial)).cloned())
    }

    fn keep(&mut self, part: Part, state: &[u8]) {
        self.0.insert(part == Part::Trial, state.to_vec());
    }
}

/// Stops a run once it is so far, and says where it began.
struct Until(f64, Option<f64>);

impl Control for Until {
    fn progress(&mut self, fraction: f64) {
        self.1 = Some(fraction);
    }

    fn cancelled(&self) -> bool {
        self.1.is_some_and(|fraction| fraction >= self.0)
    }
}

#[test]
fn a_training_that_was_stopped_twice_ends_in_the_same_bytes() {
    let series = tracks(17, 100);
    let whole = learn(&series, 7, &mut Memory::default(), &mut Unwatched).unwrap();
    let mut kept = Memory::default();
    for until in [0.3, 0.8] {
        let stopped = learn(&series, 7, &mut kept, &mut Until(until, None));
        assert!(matches!(stopped, Err(MlError::Cancelled)));
    }
    assert_eq!(kept.0.len(), 2);
    let again = learn(&series, 7, &mut kept, &mut Unwatched).unwrap();
    assert!(again == whole, "another file");
    let other = learn(&series, 8, &mut kept, &mut Unwatched).unwrap();
    assert!(other.weights != whole.weights, "the seed says nothing");

    let told = &whole.figures;
    for name in [
        OWA,
        OWA_OF_STATISTICAL,
        "mase",
        "coverage_80",
        "coverage_80_of_sums",
    ] {
        assert!(told[name].is_finite(), "{name}: {told:?}");
    }
    assert!(told["series"] >= 16.0 && told["mase"] < 1.5, "{told:?}");
    assert_eq!(
        (whole.first, whole.last),
        (first(), first() + Days::new(99))
    );
}

#[test]
fn what_is_held_out_changes_no_weight_of_the_trial() {
    let series = tracks(16, 100);
    // The horizon of a hundred days is 18: the last eighteen days are another story.
    let changed: Vec<DailySeries> = series
        .iter()
        .map(|one| {
            let days = one.values().iter().enumerate();
            let days: Vec<_> = days
                .map(|(at, value)| {
                    (
                        one.day(at),
                        if at < 82 { *value } else { 3.0 * value + 1.0 },
                    )
                })
                .collect();
            DailySeries::new("streams", "spotify", one.about().track, &days).unwrap()
        })
        .collect();
    let trial = |series: &[DailySeries]| {
        let mut kept = Memory::default();
        let told = learn(series, 1, &mut kept, &mut Unwatched).unwrap().figures;
        (kept.0.remove(&true).unwrap(), told)
    };
    let ((one, told), (other, told_other)) = (trial(&series), trial(&changed));
    assert!((told["horizon_days"] - 18.0).abs() < 1e-9);
    assert!(one == other, "the trial saw what was held out");
    assert!(told_other["mase"] > told["mase"], "and its figures did not");
}

#[test]
fn too_little_is_refused_with_what_is_missing() {
    let mut short = tracks(15, 200);
    short.extend(tracks(4, 83));
    let refused = learn(&short, 1, &mut Memory::default(), &mut Unwatched).unwrap_err();
    assert_eq!(refused.code(), "not_enough_data");
    let MlError::TooLittle { needed, there, .. } = refused else {
        panic!("{refused}")
    };
    assert_eq!((needed, there), (16, 15));
}

#[test]
fn analytics_are_forecast_by_the_champion_and_say_so() {
    let series = tracks(16, 120);
    let learnt = learn(&series, 1, &mut Memory::default(), &mut Unwatched).unwrap();
    let runtime = Runtime::open(None).unwrap();
    let about = About {
        tenant: "nina".to_owned(),
        model: "daily".to_owned(),
        data: DataWindow {
            fingerprint: learnt.told.data.clone(),
            rows: 16,
            from: None,
            to: None,
        },
        trainer: Trainer {
            name: "test".to_owned(),
            version: "1".to_owned(),
            seed: 1,
        },
        metrics: learnt.figures.clone(),
        parent: None,
    };
    let bundle = Bundle::make(about, learnt.weights, learnt.golden, &runtime).unwrap();
    let bytes = bundle.encode().unwrap();
    let served = Arc::new(load(&bytes, &bundle.key(&bytes), &runtime).unwrap());
    let version = served.key().version.to_string();

    let today = first() + Days::new(121);
    let own = Own::Champion(Arc::clone(&served));
    let given = Given {
        series: &series,
        today,
        own: &own,
        tracks: &[],
    };
    let all = compute(&given, &mut Unwatched).unwrap();
    let of_track = all.iter().find(|one| {
        one.kind == "predict_metric" && one.about.as_ref().is_some_and(|about| about.track == "T3")
    });
    let result = &of_track.unwrap().result;
    assert_eq!(result["method"]["model"]["version"], version.as_str());
    assert_eq!(result["held_out"]["owa"].as_f64().map(f64::to_bits), {
        let short: f64 = format!("{:.6e}", learnt.figures[OWA]).parse().unwrap();
        Some(short.to_bits())
    });
    // Its days are the model's own quantiles.
    let asked = series[3].series();
    let forecast = served.forecast(&[asked]).unwrap().remove(0);
    for (day, step) in result["days"].as_array().unwrap().iter().zip(0..) {
        for (name, told) in [
            ("expected", forecast.mean[step]),
            ("low", forecast.q10[step]),
            ("high", forecast.q90[step]),
        ] {
            let found = day[name].as_f64().unwrap();
            assert!(
                (found / told - 1.0).abs() < 0.02,
                "{step} {name}: {found} {told}"
            );
        }
    }
}
