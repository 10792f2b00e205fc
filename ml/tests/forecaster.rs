//! A trained forecaster's file: the same bytes again, the same answers, and refused when damaged.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what goes wrong must fail the test"
)]

use ml::Unwatched;
use ml::forecast::Series;
use ml::forecast::global::{Served, Settings, Training};
use ml::onnx::encode;
use ml::random::Random;
use ml::runtime::Runtime;

/// Twenty series of a weekly season on a walk; some have zeros.
fn series() -> Vec<Series> {
    let mut random = Random::new(3);
    let one = |index: usize| {
        let mut level = random.between(3.0, 9.0);
        let values = (0..70).map(|day| {
            level += 0.05 * random.normal();
            let season = [0.0, 0.1, 0.0, -0.1, 0.2, 0.4, 0.3][day % 7];
            let none = index.is_multiple_of(5) && random.unit() < 0.05;
            if none { 0.0 } else { (level + season).exp() }
        });
        let mut series = Series::new(format!("s{index}"), values.collect());
        series.start = Some("2026-11-23".to_owned());
        series
    };
    (0..20).map(one).collect()
}

fn settings(threads: usize) -> Settings {
    Settings {
        members: 3,
        width: 12,
        steps: 60,
        threads,
        ..Settings::new(5, 7)
    }
}

fn file(training: Training) -> Vec<u8> {
    let told = training.told().metadata();
    encode(&training.finish().model(&told).unwrap())
}

fn trained(threads: usize) -> Vec<u8> {
    let mut training = Training::new(&series(), &settings(threads)).unwrap();
    training.run(&mut Unwatched).unwrap();
    file(training)
}

#[test]
fn the_same_series_and_seed_give_the_same_bytes_on_any_number_of_threads() {
    let once = trained(1);
    assert_eq!(once, trained(1));
    assert_eq!(once, trained(3));
    let mut other = settings(1);
    other.seed = 2;
    let mut training = Training::new(&series(), &other).unwrap();
    training.run(&mut Unwatched).unwrap();
    assert_ne!(once, file(training));
}

#[test]
fn a_run_that_was_taken_up_again_gives_the_same_bytes() {
    let mut training = Training::new(&series(), &settings(2)).unwrap();
    training.advance();
    let checkpoint = training.checkpoint().unwrap();
    drop(training);
    let mut training = Training::resume(&series(), &checkpoint).unwrap();
    training.run(&mut Unwatched).unwrap();
    assert_eq!(file(training), trained(2));
    let others = &series()[1..];
    assert_eq!(
        Training::resume(others, &checkpoint).unwrap_err().code(),
        "bad_data"
    );
}

#[test]
fn the_file_answers_as_the_model_that_was_trained() {
    let mut training = Training::new(&series(), &settings(1)).unwrap();
    training.run(&mut Unwatched).unwrap();
    let forecaster = training.finish();
    let bytes = encode(&forecaster.model(&[]).unwrap());
    let runtime = Runtime::open(None).unwrap();
    let mut served = Served::load(&runtime, &bytes).unwrap();
    let mut asked = series();
    asked.push(Series::new("short", vec![3.0, 4.0]));
    asked.push(Series::new("nothing", vec![0.0; 40]));
    asked.push(Series::new("large", vec![1e90; 40]));
    let (theirs, ours) = (
        served.forecast(&asked).unwrap(),
        forecaster.forecast(&asked),
    );
    for (theirs, ours) in theirs.iter().zip(&ours) {
        let pairs = [
            (&theirs.q10, &ours.q10),
            (&theirs.mean, &ours.mean),
            (&theirs.q90, &ours.q90),
        ];
        for (theirs, ours) in pairs {
            for (one, other) in theirs.iter().zip(ours) {
                let apart = (one - other).abs() / (1e-6 + other.abs());
                assert!(apart < 1e-5, "{}: {one} {other}", theirs.len());
            }
        }
        for (low, high) in theirs.q10.iter().zip(&theirs.q90) {
            assert!(low <= high);
        }
    }
    let below = Series::new("below", vec![1.0, -2.0, 3.0]);
    let refused = served.forecast(&[below]).unwrap_err();
    assert!(refused.to_string().contains("train[1]"), "{refused}");
}

#[test]
fn damaged_files_are_refused_with_a_code() {
    let good = trained(1);
    let runtime = Runtime::open(None).unwrap();
    let mut random = Random::new(9);
    let mut refused = 0;
    for round in 0..600 {
        let mut wrong = good.clone();
        match round % 4 {
            0 => wrong[random.below(good.len())] ^= 1 << random.below(8),
            1 => wrong.truncate(random.below(good.len())),
            2 => {
                for byte in &mut wrong[random.below(good.len() - 3)..][..3] {
                    *byte = byte.wrapping_add(1 + u8::try_from(random.below(255)).unwrap());
                }
            }
            _ => {
                // Two stretches change places.
                let half = good.len() / 2;
                let (one, other) = (random.below(half - 40), half + random.below(half - 40));
                for at in 0..32 {
                    wrong.swap(one + at, other + at);
                }
            }
        }
        if wrong == good {
            continue;
        }
        let fault = Served::load(&runtime, &wrong).expect_err("a damaged file was served");
        assert!(fault.code().starts_with("model_"), "{fault}");
        refused += 1;
    }
    assert!(refused >= 500, "{refused}");
    Served::load(&runtime, &good).unwrap();
}
