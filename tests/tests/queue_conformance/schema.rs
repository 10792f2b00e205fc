//! The schema and the code use the same words.

use db::Kind;
use queue::{EffectState, Ended, OnFailure, State};

use crate::arena::{Arena, noon, ping};

on_both! {
    the_states_of_the_code_are_those_of_the_check,
    a_times_microseconds_survive_the_store,
    migrations_revert_and_run_again,
}

fn words(definition: &str, constraint: &str) -> Vec<String> {
    let (_, rest) = definition.split_once(constraint).unwrap();
    let (_, rest) = rest.split_once("IN (").unwrap();
    let (list, _) = rest.split_once(')').unwrap();
    list.split(',')
        .map(|word| word.trim().trim_matches('\'').to_owned())
        .collect()
}

async fn the_states_of_the_code_are_those_of_the_check(arena: Arena) {
    let folder = match arena.pool.kind() {
        Kind::Postgres => "postgres",
        Kind::Sqlite => "sqlite",
    };
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
    let migration = |name: &str| {
        let path = format!("{root}/{folder}/2026-11-23-{name}/up.sql");
        std::fs::read_to_string(path).unwrap()
    };
    let definition = migration("000001_queue");
    let states: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(words(&definition, "queue_jobs_state"), states);
    assert_eq!(
        states,
        [
            "waiting",
            "scheduled",
            "running",
            "retrying",
            "blocked",
            "done",
            "cancelled",
            "dead"
        ],
    );
    let ended: Vec<_> = Ended::ALL.iter().map(|ended| ended.as_str()).collect();
    assert_eq!(words(&definition, "queue_attempts_ended"), ended);
    let effects: Vec<_> = EffectState::ALL
        .iter()
        .map(|state| state.as_str())
        .collect();
    let definition = migration("000600_effects");
    assert_eq!(words(&definition, "queue_effects_state"), effects);
    let failures: Vec<_> = OnFailure::ALL.iter().map(|word| word.as_str()).collect();
    let definition = migration("000700_flows");
    assert_eq!(words(&definition, "queue_edges_on_failure"), failures);
}

async fn a_times_microseconds_survive_the_store(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let at = queue.now() + std::time::Duration::from_micros(1_234_567);
    let id = queue.enqueue(ping(1).run_at(at)).await.unwrap().id;
    assert_eq!(crate::arena::job(&queue, id).await.run_at, at);
}

async fn migrations_revert_and_run_again(arena: Arena) {
    let mut reverted = 0;
    while let Ok(names) = db::migrations::revert(&arena.url).await {
        reverted += names.len();
    }
    let (one, two) = tokio::join!(db::migrate(&arena.url), db::migrate(&arena.url));
    let ran = [one.unwrap().len(), two.unwrap().len()];
    assert!(
        ran.contains(&reverted) && ran.contains(&0),
        "{ran:?} of {reverted}"
    );
}
