//! What only PostgreSQL can get wrong: plans, and connections that are cut.

use std::time::Duration;

use queue::apalis::Backend;
use queue::{Context, Contract as _, Fault, Limit, Outcome, Scope, State};
use serde_json::json;

use crate::arena::{Arena, PATIENCE, Ping, enqueue, noon, ping, until, worker};
use crate::schedules::put;
use crate::ticks::{jobs, schedule};

/// Cuts every other connection to the database.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn done(_: Context) -> Outcome {
    done_now()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_and_its_listener_survive_that_every_connection_is_cut() {
    let arena = Arena::postgres().await;
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    tokio::spawn(Backend::new(&handle, "pings", 2).run(done));
    let id = enqueue(&queue, 1).await;
    until(&queue, id, |job| job.state == State::Done).await;
    let client = support::postgres::client(&arena.url).await;
    client.batch_execute(CUT).await.unwrap();
    // The first calls may meet the cut connections; an enqueue that failed left nothing.
    let elsewhere = arena.elsewhere().await;
    let id = enqueue(&elsewhere, 2).await;
    let waited = async {
        loop {
            match queue.job(Scope::Operator, id).await {
                Ok(Some(job)) if job.state == State::Done => return,
                _ => tokio::time::sleep(Duration::from_millis(20)).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, waited).await.unwrap();
    // And once more, when everything has reconnected: by news alone.
    let id = enqueue(&elsewhere, 3).await;
    until(&queue, id, |job| job.state == State::Done).await;
}

/// Most rows are finished, as in a platform that has run for a while, and many run at once.
const AGED: &str =
    "CASE WHEN n % 30 = 0 THEN 'running' WHEN n % 10 = 0 THEN 'waiting' ELSE 'done' END";
/// All wait, as after a burst: the statistics know of none that runs.
const BURST: &str = "'waiting'";

/// A large table whose statistics are up to date. `state` gives the state of the row `n`, in SQL.
async fn large_table(arena: &Arena, state: &str) -> tokio_postgres::Client {
    let client = support::postgres::client(&arena.url).await;
    client
        .batch_execute(&format!(
            "INSERT INTO queue_jobs (id, queue, kind, state, priority, payload, attempt, max_attempts, worker_id, \
             run_at, timeout_seconds, backoff_base_ms, backoff_cap_ms, created_at, started_at, finished_at) \
             SELECT gen_random_uuid(), 'pings', 'ping_peer', s, 5, '{{}}', CASE s WHEN 'waiting' THEN 0 ELSE 1 END, 2, \
             CASE s WHEN 'running' THEN '00000000-0000-0000-0000-000000000001'::uuid END, now(), 1, 1, 1, now(), now(), \
             CASE s WHEN 'done' THEN now() END \
             FROM generate_series(1, 30000) n, \
             LATERAL (SELECT {state} AS s) t; \
             INSERT INTO queue_workers (id, name, host, pid, queues, started_at, beat_at, lease_until) VALUES \
             ('00000000-0000-0000-0000-000000000001', 'busy', 'h', 1, '[]', now(), now(), now() + interval '1 day'); \
             ANALYZE queue_jobs",
        ))
        .await
        .unwrap();
    client
}

/// How often the table was read from end to end.
const WALKS: &str = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'queue_jobs'";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_verb_of_the_engine_reads_a_large_table_from_end_to_end() {
    reads_nothing_from_end_to_end(AGED).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_one_whose_statistics_a_burst_has_overtaken() {
    reads_nothing_from_end_to_end(BURST).await;
}

/// The server itself tells how its statements found their rows.
async fn reads_nothing_from_end_to_end(state: &str) {
    let arena = Arena::postgres().await;
    let client = large_table(&arena, state).await;
    let count = |sql: &'static str| {
        let client = &client;
        async move { client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) }
    };
    // Its own count of what was done here comes first.
    client
        .execute("SELECT pg_stat_force_next_flush()", &[])
        .await
        .unwrap();
    let walked = count(WALKS).await;
    let queue = arena.queue().await;
    let limit = Limit {
        name: "large".into(),
        max_running: Some(5),
        rate: None,
    };
    queue.put_limit(Scope::Operator, limit).await.unwrap();
    let worker = worker(&queue).await;
    let limited = queue.enqueue(ping(1).priority(0).limited_by("large/a"));
    let later = queue.enqueue(ping(2).run_at(queue.now() + Duration::from_hours(1)));
    let (limited, later) = (limited.await.unwrap().id, later.await.unwrap().id);
    let mut claimed = worker.claim(Ping::QUEUE, 1000).await.unwrap();
    assert!(claimed.len() == 1000 && claimed.iter().any(|one| one.job().id == limited));
    let context = claimed[0].context();
    context.progress(0.5, "half");
    context.checkpoint().save(&1).await.unwrap();
    context.effects().once("e", async |_| Ok(1)).await.unwrap();
    let failed = Outcome::Retry(Fault::transient("t", "t"));
    let mut ends: Vec<_> = claimed
        .split_off(10)
        .into_iter()
        .map(|one| (one, done_now()))
        .collect();
    ends.push((claimed.remove(0), failed));
    worker.finish(&ends).await.unwrap();
    worker.give_back(&claimed, true).await.unwrap();
    queue.cancel(Scope::Operator, later, "no").await.unwrap();
    queue.retry(Scope::Operator, later).await.unwrap();
    queue.promote_due().await.unwrap();
    queue.rescue(false).await.unwrap();
    queue.prune().await.unwrap();
    queue.job(Scope::Operator, limited).await.unwrap();
    drop((ends, claimed, context));
    worker.shutdown(Duration::ZERO).await.unwrap();
    drop((worker, queue, arena));
    // Its counts are complete when its connections have ended.
    let others = "SELECT count(*) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let ended = async {
        while count(others).await > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ended).await.unwrap();
    let by_index = "SELECT idx_scan FROM pg_stat_user_tables WHERE relname = 'queue_jobs'";
    assert!(count(by_index).await > 0);
    assert_eq!(count(WALKS).await, walked);
}

fn done_now() -> Outcome {
    Outcome::Done(json!(null))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_frozen_while_it_decides_a_tick_holds_its_schedule_back_for_seconds_only() {
    let arena = Arena::postgres().await;
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let frozen = arena.elsewhere_at(&clock).await;
    put(&queue, schedule("every minute", "* * * * *")).await;
    let (mut polls, mut minutes) = (0, 0);
    // One poll further each time, until it stands where it holds the row.
    let held = loop {
        clock.advance(Duration::from_mins(1));
        minutes += 1;
        let mut deciding = Box::pin(frozen.tick_due());
        for _ in 0..polls {
            let polled = futures::poll!(deciding.as_mut());
            assert!(polled.is_pending(), "it held the row at no time");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if queue.tick_due().await.unwrap() == 0 {
            break deciding;
        }
        polls += 1;
    };
    let ticked = async {
        while queue.tick_due().await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, ticked).await.unwrap();
    // Its transaction is gone, and it finds nothing left to do, or an error.
    assert!(!matches!(held.await, Ok(1..)));
    assert_eq!(jobs(&queue).await.len(), minutes);
}
