//! What only PostgreSQL can get wrong: plans, and connections that are cut.

use std::time::Duration;

use queue::apalis::Backend;
use queue::{Context, Outcome, State};
use serde_json::json;

use crate::arena::{Arena, PATIENCE, enqueue, noon, until, worker};
use crate::schedules::put;
use crate::ticks::{jobs, schedule};

/// Cuts every other connection to the database.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND pid <> pg_backend_pid()";

async fn done(_: Context) -> Outcome {
    Outcome::Done(json!(null))
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
            match queue.job(queue::Scope::Operator, id).await {
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

async fn plan(client: &tokio_postgres::Client, sql: &str) -> String {
    let rows = client.query(&format!("EXPLAIN {sql}"), &[]).await.unwrap();
    let lines = rows.iter().map(|row| row.get::<_, String>(0));
    lines.collect::<Vec<_>>().join("\n")
}

/// A large table of which most rows are finished, as in a platform that has run for a while, with
/// many running at once. The conditions of the statements explained on it are the engine's.
async fn large_table(arena: &Arena) -> tokio_postgres::Client {
    let client = support::postgres::client(&arena.url).await;
    client
        .batch_execute(
            "INSERT INTO queue_jobs (id, queue, kind, state, priority, payload, attempt, max_attempts, worker_id, \
             run_at, timeout_seconds, backoff_base_ms, backoff_cap_ms, created_at, started_at, finished_at) \
             SELECT gen_random_uuid(), 'pings', 'ping_peer', s, 5, '{}', CASE s WHEN 'waiting' THEN 0 ELSE 1 END, 2, \
             CASE s WHEN 'running' THEN '00000000-0000-0000-0000-000000000001'::uuid END, now(), 1, 1, 1, now(), now(), \
             CASE s WHEN 'done' THEN now() END \
             FROM generate_series(1, 30000) n, \
             LATERAL (SELECT CASE WHEN n % 30 = 0 THEN 'running' WHEN n % 10 = 0 THEN 'waiting' ELSE 'done' END AS s) t; \
             ANALYZE queue_jobs",
        )
        .await
        .unwrap();
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pruning_walks_the_primary_key() {
    let client = large_table(&Arena::postgres().await).await;
    let stretch = plan(
        &client,
        "SELECT id FROM queue_jobs WHERE id > '00000000-0000-0000-0000-000000000000' \
         AND id < 'f0000000-0000-0000-0000-000000000000' ORDER BY id LIMIT 1000",
    )
    .await;
    assert!(
        stretch.contains("queue_jobs_pkey") && !stretch.contains("Sort"),
        "{stretch}"
    );
    let ids = "ARRAY(SELECT id FROM queue_jobs LIMIT 1000)";
    let delete = plan(
        &client,
        &format!(
            "DELETE FROM queue_jobs WHERE id = ANY ({ids}) AND finished_at IS NOT NULL \
             AND (state = 'done' AND finished_at <= now() OR state = 'dead' AND finished_at <= now())"
        ),
    )
    .await;
    assert!(delete.contains("queue_jobs_pkey"), "{delete}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fenced_write_goes_by_the_primary_key_and_a_claim_by_the_waiting_index() {
    let client = large_table(&Arena::postgres().await).await;
    let fenced = plan(
        &client,
        "UPDATE queue_jobs SET progress = 0.5 WHERE id = '00000000-0000-0000-0000-000000000002' \
         AND fence = 1 AND state IS NOT DISTINCT FROM 'running'",
    )
    .await;
    assert!(fenced.contains("queue_jobs_pkey"), "{fenced}");
    let finish = plan(
        &client,
        "UPDATE queue_jobs j SET state = a.state, worker_id = NULL \
         FROM unnest(ARRAY[gen_random_uuid()], ARRAY[1::bigint], ARRAY['done']) AS a (id, fence, state) \
         WHERE j.id = a.id AND j.fence = a.fence AND j.state IS NOT DISTINCT FROM 'running'",
    )
    .await;
    assert!(finish.contains("queue_jobs_pkey"), "{finish}");
    let claim = plan(
        &client,
        "UPDATE queue_jobs SET state = 'running' WHERE id = ANY (ARRAY(SELECT j.id \
         FROM unnest(ARRAY[5::smallint], ARRAY['00000000-0000-0000-0000-000000000000'::uuid], ARRAY[now()], \
         ARRAY['00000000-0000-0000-0000-000000000000'::uuid], ARRAY[100::bigint]) AS t (priority, lane, run_at, id, quota) \
         CROSS JOIN LATERAL (SELECT id FROM queue_jobs q WHERE q.queue = 'pings' AND q.state = 'waiting' \
         AND q.priority = t.priority AND q.lane = t.lane AND (q.run_at, q.id) > (t.run_at, t.id) \
         ORDER BY q.run_at, q.id LIMIT t.quota FOR NO KEY UPDATE SKIP LOCKED) j))",
    )
    .await;
    assert!(
        claim.contains("queue_jobs_waiting") && claim.contains("queue_jobs_pkey"),
        "{claim}"
    );
    assert!(
        !claim.contains("Seq Scan") && !claim.contains("Sort"),
        "{claim}"
    );
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
