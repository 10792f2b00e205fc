//! The whole engine under a seed's faults: processes that freeze and die at any wait of anything,
//! clocks that disagree, beats that come late, transactions that are rolled back – and laws that
//! hold after every step. `MAXBOOSTER_SIMULATION_SEEDS=from..to` runs other seeds than the usual.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a simulation is a test and may fail as loudly"
)]

mod acts;
mod body;
mod clock;
mod enqueues;
mod heal;
mod process;
mod simulation;
mod steps;
mod store;
mod world;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use simulation::{Simulation, Told};
use store::Store;
use tokio::runtime::{Builder, Runtime};

const SEEDS: Range<u64> = 0..5000;
/// Most seeds are short, so that many are run; every tenth goes deep.
const SHORT: usize = 8;
const DEEP: usize = 50;
/// One of so many seeds runs on PostgreSQL, short ones and deep ones.
const POSTGRES_EVERY: u64 = 33;

/// What must have been met at least once, or the laws were held to nothing.
const MET: &[&str] = &[
    "acknowledged",
    "asked outside",
    "cancelled",
    "claims that failed",
    "deaths at rest",
    "deaths in the middle",
    "effects",
    "flows",
    "frozen",
    "given back",
    "hands that changed",
    "history: ended lease_lost",
    "history: pruned",
    "history: ticked",
    "joined",
    "joined within a window",
    "kills",
    "late beats",
    "leases lost and opened anew",
    "rescued by call",
    "retried by a person",
    "rolled back",
    "settled by a person",
    "stale ends refused",
    "stale writes refused",
];

#[derive(Default)]
struct Outcome {
    counts: BTreeMap<String, u64>,
    failed: Option<(u64, Told)>,
}

#[test]
fn whatever_fails_and_whenever_the_laws_hold() {
    let seeds = asked_for().unwrap_or(SEEDS);
    println!("seeds {seeds:?}");
    let (began, next) = (Instant::now(), AtomicU64::new(seeds.start));
    let outcome = Mutex::new(Outcome::default());
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| simulate(&next, seeds.end, &outcome));
        }
    });
    let Outcome { counts, failed } = outcome.into_inner().unwrap();
    println!("{:.1} s", began.elapsed().as_secs_f64());
    for (what, count) in &counts {
        println!("{count:>9} {what}");
    }
    if let Some((seed, told)) = failed {
        for line in told.trace {
            println!("{line}");
        }
        panic!("seed {seed}: {:#?}", told.breaches);
    }
    if asked_for().is_none() {
        for what in MET {
            assert!(counts.contains_key(*what), "never met: {what}");
        }
    }
}

/// `from..to`.
fn asked_for() -> Option<Range<u64>> {
    let text = std::env::var("MAXBOOSTER_SIMULATION_SEEDS").ok()?;
    let (from, to) = text.split_once("..").unwrap();
    Some(from.parse().unwrap()..to.parse().unwrap())
}

fn simulate(next: &AtomicU64, end: u64, outcome: &Mutex<Outcome>) {
    let runtime: Runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let mut sqlite = Store::sqlite(&runtime);
    let mut postgres = None;
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return;
        }
        let store = if seed % POSTGRES_EVERY == POSTGRES_EVERY - 1 {
            postgres.get_or_insert_with(|| Store::postgres(&runtime))
        } else {
            &mut sqlite
        };
        let steps = if seed % 10 == 9 { DEEP } else { SHORT };
        let told = Simulation::begin(seed, store, &runtime).run(steps);
        let mut outcome = outcome.lock().unwrap();
        for (what, count) in &told.counts {
            *outcome.counts.entry(what.clone()).or_default() += count;
        }
        if !told.breaches.is_empty() {
            outcome.failed.get_or_insert((seed, told));
        }
        if outcome.failed.is_some() {
            return;
        }
    }
}
