//! A forecaster's file is tuned to series that go on otherwise than those it was trained on.

#![expect(clippy::unwrap_used, reason = "what goes wrong must fail the test")]

use ml::Unwatched;
use ml::forecast::global::{Served, Settings, Training};
use ml::forecast::{Forecast, FromFile, Series};
use ml::onnx::encode;
use ml::random::Random;
use ml::runtime::Runtime;

const HORIZON: usize = 5;

/// Series of a weekly season whose level keeps `kept` of the way it is off 5, day by day.
fn series(count: usize, kept: f64, seed: u64) -> Vec<Series> {
    let mut random = Random::new(seed);
    let one = |index: usize| {
        let mut off = random.between(-1.0, 1.0);
        let values: Vec<f64> = (0..70)
            .map(|day| {
                off = kept * off + 0.1 * random.normal();
                let season = [0.0, 0.1, 0.0, -0.1, 0.2, 0.4, 0.3][day % 7];
                (5.0 + off + season).exp()
            })
            .collect();
        let (history, followed) = values.split_at(values.len() - HORIZON);
        let mut series = Series::new(format!("s{index}"), history.to_vec());
        series.followed = followed.to_vec();
        series
    };
    (0..count).map(one).collect()
}

/// A file that learned from levels that stay where they are.
fn file() -> Vec<u8> {
    let settings = Settings {
        members: 2,
        width: 24,
        steps: 150,
        threads: 1,
        ..Settings::new(HORIZON, 7)
    };
    let mut training = Training::new(&series(40, 1.0, 1), &settings).unwrap();
    training.run(&mut Unwatched).unwrap();
    encode(&training.finish().model(&[]).unwrap())
}

/// The mean of how far off forecasts are, in logarithms.
fn error(series: &[Series], forecasts: &[Forecast]) -> f64 {
    let pairs = series.iter().zip(forecasts);
    let offs = pairs.flat_map(|(series, forecast)| {
        let steps = series.followed.iter().zip(&forecast.mean);
        steps.map(|(actual, mean)| (actual / mean).ln().abs())
    });
    offs.sum::<f64>() / (series.len() * HORIZON) as f64
}

#[test]
fn it_learns_how_the_series_at_hand_go_on() {
    let (bytes, runtime) = (file(), Runtime::open(None).unwrap());
    let others = series(60, 0.6, 2);
    let mut tuned = FromFile::load(&runtime, &bytes).unwrap();
    let better = tuned.forecast(&others, 1, &mut Unwatched).unwrap();
    assert_eq!(better, tuned.forecast(&others, 3, &mut Unwatched).unwrap());
    let mut as_is = FromFile::load(&runtime, &bytes).unwrap().as_is();
    let plain = as_is.forecast(&others, 1, &mut Unwatched).unwrap();
    let (better, plain) = (error(&others, &better), error(&others, &plain));
    assert!(better < 0.97 * plain, "{better} {plain}");
}

#[test]
fn what_followed_is_never_looked_at() {
    let (bytes, runtime) = (file(), Runtime::open(None).unwrap());
    let others = series(60, 0.6, 2);
    let known: Vec<Series> = others.iter().map(Series::known).collect();
    let mut tuned = FromFile::load(&runtime, &bytes).unwrap();
    assert_eq!(
        tuned.forecast(&others, 1, &mut Unwatched).unwrap(),
        tuned.forecast(&known, 1, &mut Unwatched).unwrap()
    );
}

#[test]
fn few_and_many_series_are_answered_by_the_file_alone() {
    let (bytes, runtime) = (file(), Runtime::open(None).unwrap());
    for count in [49, 501] {
        let others = series(count, 0.6, 2);
        let mut tuned = FromFile::load(&runtime, &bytes).unwrap();
        let mut served = Served::load(&runtime, &bytes).unwrap();
        assert_eq!(
            tuned.forecast(&others, 1, &mut Unwatched).unwrap(),
            served.forecast(&others).unwrap()
        );
    }
}
