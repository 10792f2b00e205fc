//! What a process takes that answers for a thousand artists in turn.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "what goes wrong must fail the test"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use chrono::{Days, NaiveDate};
use ml::Unwatched;
use ml::analytics::DailySeries;
use ml::analytics::forecaster::{Keep, Part, learn};
use ml::churn::{Choice, Plan, Training, export};
use ml::random::Random;
use ml::registry::{About, Bundle, CacheLimits, DataWindow, Key, Models, Served, Trainer, Version};
use ml::runtime::Runtime;
use ml::table::Table;

const ARTISTS: usize = 1000;
/// What they may take, MiB.
const MOST_MIB: f64 = 1000.0;
/// As the settings are by default.
const LIMITS: CacheLimits = CacheLimits {
    bytes: 256 << 20,
    tenant_bytes: 32 << 20,
};

struct Nothing;

impl Keep for Nothing {
    fn recall(&mut self, _: Part) -> ml::Result<Option<Vec<u8>>> {
        Ok(None)
    }

    fn keep(&mut self, _: Part, _: &[u8]) {}
}

/// A churn model by the usual plan: ten columns, 1,500 rows.
fn churn(runtime: &Runtime) -> Bundle {
    let mut random = Random::new(1);
    let mut text = (0..9).fold(String::new(), |text, at| format!("{text}c{at},"));
    text.push_str("plan,left\n");
    for _ in 0..1500 {
        let numbers: Vec<f64> = (0..9).map(|_| random.normal()).collect();
        let plan = ["free", "paid", "family"][random.below(3)];
        let odds: f64 = numbers.iter().take(4).sum::<f64>() - f64::from(u8::from(plan == "paid"));
        for number in &numbers {
            write!(text, "{number:.3},").unwrap();
        }
        let left = u8::from(random.unit() < 1.0 / (1.0 + (-odds).exp()));
        writeln!(text, "{plan},{left}").unwrap();
    }
    let table = Table::read(text.as_bytes()).unwrap();
    let (plan, choice) = (Plan::new(1), Choice::default());
    let (model, report) = Training::run(&table, "left", &choice, &plan, &mut Unwatched).unwrap();
    let rows = model.schema.encode(&table.select(&[0, 1, 2, 3])).unwrap();
    let golden = (0..rows.rows()).map(|row| {
        let row = rows.row(row).into_iter();
        row.map(|value| Some(f64::from(value))).collect()
    });
    let weights = export(&model, &report).unwrap();
    Bundle::make(about("fans"), weights, golden.collect(), runtime).unwrap()
}

/// A forecaster as a job trains it: 24 series of 200 days.
fn forecaster(runtime: &Runtime) -> Bundle {
    let mut random = Random::new(2);
    let first = NaiveDate::from_ymd_opt(2026, 1, 1).unwrap();
    let series: Vec<DailySeries> = (0..24)
        .map(|track| {
            let mut level = random.between(4.0, 9.0);
            let days: Vec<(NaiveDate, f64)> = (0..200)
                .map(|day| {
                    level += 0.03 * random.normal();
                    (
                        first + Days::new(day),
                        (level + 0.05 * random.normal()).exp(),
                    )
                })
                .collect();
            DailySeries::new("streams", "a store", format!("t{track}"), &days).unwrap()
        })
        .collect();
    let learnt = learn(&series, 1, &mut Nothing, &mut Unwatched).unwrap();
    Bundle::make(about("streams"), learnt.weights, learnt.golden, runtime).unwrap()
}

fn about(model: &str) -> About {
    About {
        tenant: String::new(),
        model: model.to_owned(),
        data: DataWindow {
            fingerprint: "0".repeat(64),
            rows: 1500,
            from: None,
            to: None,
        },
        trainer: Trainer {
            name: "test".to_owned(),
            version: "1".to_owned(),
            seed: 1,
        },
        metrics: BTreeMap::new(),
        parent: None,
    }
}

fn tenant(artist: usize) -> String {
    format!("artist {artist}")
}

/// An artist's own version of a model, ready to answer.
fn of_artist(models: &Models, bundle: &Bundle, artist: usize) -> Arc<Served> {
    let mut bundle = bundle.clone();
    bundle.metadata.tenant = tenant(artist);
    let bytes = bundle.encode().unwrap();
    let key = Key {
        tenant: bundle.metadata.tenant.as_str().into(),
        model: bundle.metadata.model.as_str().into(),
        version: Version::of(&bytes),
    };
    models.serve(&key, || Ok::<_, ml::MlError>(bytes)).unwrap()
}

fn resident_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.unwrap().trim().trim_end_matches("kB").trim();
    number.parse::<f64>().unwrap() / 1024.0
}

#[test]
fn a_thousand_artists_with_two_models_each_are_answered_in_a_gigabyte() {
    let runtime = Runtime::open(None).unwrap();
    let bundles = [churn(&runtime), forecaster(&runtime)];
    let models = Models::new(LIMITS, runtime);
    let before = resident_mib();
    for artist in 0..ARTISTS {
        for bundle in &bundles {
            let served = of_artist(&models, bundle, artist);
            assert_eq!(served.metadata().tenant, tenant(artist));
        }
    }
    let (taken, held) = (resident_mib() - before, models.cache().held());
    println!(
        "{} and {} KiB of ONNX each: {taken:.0} MiB resident; the cache counts {} versions of {} MiB",
        bundles[0].weights.len() >> 10,
        bundles[1].weights.len() >> 10,
        held.values,
        held.bytes >> 20
    );
    assert!(held.values > 100 && taken < MOST_MIB, "{taken:.0} MiB");
    // What the cache counts is what is held, so that its limits mean something.
    let counted = (held.bytes >> 20) as f64;
    assert!(
        (0.5 * counted..1.5 * counted).contains(&taken),
        "{taken:.0} MiB of {counted:.0}"
    );
}
