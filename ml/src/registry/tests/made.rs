//! Small versions to test with.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::{About, Bundle, DataWindow, Trainer};
use crate::Unwatched;
use crate::churn::{self, Choice, Plan, Training, export};
use crate::forecast::Series;
use crate::forecast::global;
use crate::onnx::encode;
use crate::random::Random;
use crate::runtime::Runtime;
use crate::table::Table;

pub fn runtime() -> Runtime {
    Runtime::open(None).unwrap()
}

/// A churn model of few trees. Its answers to one and the same row differ from seed to seed.
pub fn churn(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut text = "age,plan,left\n".to_owned();
    for _ in 0..120 {
        let age = random.below(60);
        let plan = ["free", "paid"][random.below(2)];
        let left = u8::from(random.unit() < if plan == "free" { 0.6 } else { 0.2 });
        writeln!(text, "{age},{plan},{left}").unwrap();
    }
    let table = Table::read(text.as_bytes()).unwrap();
    let mut plan = Plan::new(seed);
    (plan.most_trees, plan.most_runs, plan.folds) = (4, 1, 2);
    let choice = Choice::default();
    let (model, report) = Training::run(&table, "left", &choice, &plan, &mut Unwatched).unwrap();
    export(&model, &report).unwrap()
}

/// Rows for the schema of [`churn`]: age, and whether the plan is the first of the two.
pub fn churn_rows() -> Vec<Vec<Option<f64>>> {
    vec![vec![Some(20.0), Some(1.0)], vec![None, Some(0.0)]]
}

/// A forecaster of one small network.
pub fn forecaster(seed: u64) -> Vec<u8> {
    let mut random = Random::new(seed);
    let series: Vec<Series> = (0..8)
        .map(|each| {
            let values = (0..60).map(|step| 50.0 + f64::from(step) + 10.0 * random.unit());
            Series::new(format!("s{each}"), values.collect())
        })
        .collect();
    let mut settings = global::Settings::new(3, 1);
    (settings.members, settings.steps, settings.seed) = (1, 20, seed);
    let mut training = global::Training::new(&series, &settings).unwrap();
    training.run(&mut Unwatched).unwrap();
    encode(&training.finish().model(&[]).unwrap())
}

pub fn about(tenant: &str) -> About {
    About {
        tenant: tenant.to_owned(),
        model: "fans".to_owned(),
        data: DataWindow {
            fingerprint: "0".repeat(64),
            rows: 120,
            from: Some("2026-01-01".to_owned()),
            to: None,
        },
        trainer: Trainer {
            name: "test".to_owned(),
            version: "1".to_owned(),
            seed: 1,
        },
        metrics: BTreeMap::from([("auc".to_owned(), 0.7)]),
        parent: None,
    }
}

/// A bundle of [`churn`]'s weights.
pub fn bundle(tenant: &str, weights: &[u8]) -> Bundle {
    Bundle::make(about(tenant), weights.to_vec(), churn_rows(), &runtime()).unwrap()
}

/// What a churn model of these weights answers to one row.
pub fn answer(weights: &[u8], row: &[f32]) -> f64 {
    churn::import(weights).unwrap().0.probability(row)
}
