//! Drift on known cases and by property.

use super::*;
use crate::random::Random;

fn numbers(random: &mut Random, count: usize, mean: f64) -> Vec<f64> {
    (0..count).map(|_| random.normal() + mean).collect()
}

fn column(before: Values, now: Values) -> Column {
    let before_rows = match &before {
        Values::Numbers(values) => values.len(),
        Values::Words(values) => values.len(),
    };
    Column {
        name: "it".to_owned(),
        before,
        before_rows,
        now,
    }
}

fn one(before: Values, now: Values, rows: usize) -> ColumnDrift {
    let found = drift(&[column(before, now)], rows, &Policy::default()).unwrap();
    found.moved[0].clone()
}

#[test]
fn the_index_is_the_one_worked_out_by_hand() {
    // Shares 1/2 and 1/2 against 3/4 and 1/4, each with half a row more in both bins.
    let words = |yes, no| Values::Words([vec![1; yes], vec![0; no]].concat());
    let found = one(words(200, 200), words(300, 100), 400);
    let (most, least, half) = (300.5_f64 / 401.0, 100.5_f64 / 401.0, 0.5_f64);
    let known = (most - half) * (most / half).ln() + (least - half) * (least / half).ln();
    assert!((found.psi - known).abs() < 1e-12, "{found:?}");
    assert_eq!(found.ks, None);
    let same = one(words(200, 200), words(200, 200), 400);
    assert!(same.psi.abs() < 1e-12 && !same.drifted);
}

#[test]
fn the_distance_is_that_of_the_distribution_functions() {
    let before: Vec<f64> = (0..1000).map(f64::from).collect();
    let now: Vec<f64> = (250..1250).map(f64::from).collect();
    let found = one(Values::Numbers(before), Values::Numbers(now), 1000);
    assert!((found.ks.unwrap() - 0.25).abs() < 1e-12, "{found:?}");
    assert!(found.drifted && found.chance < 1e-9);
}

#[test]
fn what_is_missing_is_a_bin_of_its_own() {
    let mut random = Random::new(1);
    let before = numbers(&mut random, 1000, 0.0);
    let mut now = numbers(&mut random, 1000, 0.0);
    for value in now.iter_mut().step_by(3) {
        *value = f64::NAN;
    }
    let found = one(Values::Numbers(before.clone()), Values::Numbers(now), 1000);
    assert!(found.drifted, "{found:?}");
    let none = one(
        Values::Numbers(before),
        Values::Numbers(vec![f64::NAN; 300]),
        300,
    );
    assert!(none.drifted && none.psi.is_finite() && none.ks.is_none());
}

#[test]
fn an_index_does_not_depend_on_the_order_or_the_scale_and_is_never_below_0() {
    for seed in 0..50 {
        let mut random = Random::new(seed);
        let before = numbers(&mut random, 700, 0.0);
        let mut now = numbers(&mut random, 300, 0.4);
        let told = |before: &[f64], now: &[f64]| {
            let found = one(
                Values::Numbers(before.to_vec()),
                Values::Numbers(now.to_vec()),
                300,
            );
            (found.psi, found.ks.unwrap(), found.chance)
        };
        let first = told(&before, &now);
        random.shuffle(&mut now);
        assert_eq!(first, told(&before, &now), "seed {seed}");
        let grown = |values: &[f64]| {
            values
                .iter()
                .map(|value| (value * 0.5).exp())
                .collect::<Vec<_>>()
        };
        assert_eq!(first, told(&grown(&before), &grown(&now)), "seed {seed}");
        assert!(first.0 >= 0.0 && (0.0..=1.0).contains(&first.1) && (0.0..=1.0).contains(&first.2));
    }
}

#[test]
fn nothing_is_said_of_fewer_rows_than_the_policy_asks_for() {
    let words = |count| Values::Words(vec![0; count]);
    let columns = [column(words(500), words(199))];
    assert!(drift(&columns, 199, &Policy::default()).is_none());
}
