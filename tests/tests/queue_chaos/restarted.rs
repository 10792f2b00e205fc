//! The servers go away in the middle, and come back.

use std::time::Duration;

use db::Kind as Store;
use support::chaos::{Deed, Kind};

use crate::scene::Scene;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_that_is_restarted_in_the_middle_loses_and_doubles_nothing() {
    let server = support::postgres::Own::start();
    let url = server.url();
    db::migrate(&url).await.unwrap();
    let mut scene = Scene::on(Store::Postgres, url, None).await;
    let crew = scene.crew();
    let _hands = [crew.hire_at_work(), crew.hire_at_work()];
    let everything = Deed {
        kind: Kind::Everything,
    };
    for mode in ["immediate", "fast", "immediate"] {
        for _ in 0..30 {
            // While it is away nothing is accepted, and the error says that it may pass.
            if let Err(error) = scene.try_enqueue(&everything).await {
                assert!(error.is_transient(), "{error}");
            }
        }
        let restarting = async {
            tokio::time::sleep(Duration::from_millis(30)).await;
            tokio::task::block_in_place(|| server.restart(mode));
        };
        restarting.await;
    }
    scene.all_ended().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_that_is_killed_and_emptied_costs_no_work() {
    let redis = support::redis::Own::start();
    let mut scene = Scene::postgres().await;
    let crew = scene.crew().with("REDIS", redis.url());
    let _hands = [crew.hire_at_work(), crew.hire_at_work()];
    scene.enqueue_many(Kind::Everything, 30).await;
    redis.kill();
    // By the fallback.
    scene.enqueue_many(Kind::Everything, 30).await;
    scene.all_ended().await;
    redis.revive();
    scene.enqueue_many(Kind::Everything, 30).await;
    scene.all_ended().await;
    scene.judge().await;
}
