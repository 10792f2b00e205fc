//! Several processes drain one database together.

use std::time::{Duration, Instant};

use support::chaos::Kind;

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_processes_on_postgres_drain_twenty_thousand_jobs_once_each() {
    let scene = together(Scene::postgres().await, 4, 20_000).await;
    let client = support::postgres::client(&scene.url).await;
    let row = client
        .query_one(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(row.get::<_, i64>(0), 0, "deadlocks");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_on_one_sqlite_file_drain_it_once_each() {
    together(Scene::sqlite().await, 2, 4000).await;
}

async fn together(mut scene: Scene, processes: usize, jobs: usize) -> Scene {
    scene.enqueue_many(Kind::Nothing, jobs).await;
    // Long leases: this is not about lapsing.
    let crew = scene
        .crew()
        .with("CONCURRENCY", 100)
        .with("LEASE_MS", 15_000)
        .with("BEAT_MS", 3000)
        .with("WAIT_MS", 10_000);
    let began = Instant::now();
    let _hands: Vec<_> = (0..processes).map(|_| crew.hire()).collect();
    let (mut samples, mut waits) = (0, 0);
    let watcher = match scene.store {
        db::Kind::Postgres => Some(support::postgres::client(&scene.url).await),
        db::Kind::Sqlite => None,
    };
    while scene.unfinished().await > 0 {
        assert!(began.elapsed() < crate::scene::PATIENCE, "it never ends");
        if let Some(client) = &watcher {
            let sql = "SELECT count(*) FROM pg_stat_activity \
                       WHERE datname = current_database() AND wait_event_type = 'Lock'";
            waits += client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
            samples += 1;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{jobs} jobs by {processes} processes in {seconds:.1} s, {:.0} a second, with the history written; \
         {waits} waits for locks in {samples} looks",
        jobs as f64 / seconds,
    );
    let laws = scene.judge().await;
    assert_eq!(laws.counts["waiting to running"], jobs as u64);
    assert_eq!(laws.counts["running to done"], jobs as u64);
    scene
}
