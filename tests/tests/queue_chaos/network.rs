//! The wire to the database is cut, or goes silent: half-open connections that answer nothing.

use std::time::Duration;

use db::{Db, DbError, Pool, PoolOptions};
use support::chaos::Kind;
use support::dice::Dice;
use support::proxy::Proxy;

use crate::crew::Crew;
use crate::scene::{PATIENCE, Scene};

const SEED: u64 = 47;

/// A wire to the scene's database, and the address of its near end.
async fn wire_to(scene: &Scene) -> (Proxy, String) {
    let url = scene.url.strip_prefix("postgres://postgres@").unwrap();
    let (server, database) = url.split_once('/').unwrap();
    let proxy = Proxy::to(server.parse().unwrap()).await;
    let url = format!("postgres://postgres@{}/{database}", proxy.address());
    (proxy, url)
}

/// A lock that lasts as long as its transaction.
async fn lock(db: &mut Db) -> Result<(), DbError> {
    use diesel_async::SimpleAsyncConnection as _;
    let sql = "SELECT pg_advisory_xact_lock(1)";
    Ok(db::on!(db, conn => conn.batch_execute(sql).await)?)
}

/// Workers behind a wire of their own; the test has another.
async fn behind_a_wire(scene: &Scene) -> (Proxy, Crew) {
    let (proxy, url) = wire_to(scene).await;
    let crew = scene.crew().with("URL", url);
    (proxy, crew)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_is_cut_thirty_times_loses_and_doubles_nothing() {
    println!("seed {SEED}");
    let mut dice = Dice(SEED);
    let mut scene = Scene::postgres().await;
    let (proxy, crew) = behind_a_wire(&scene).await;
    let _hands = [crew.hire_at_work(), crew.hire_at_work()];
    for _ in 0..30 {
        scene.enqueue_many(Kind::Everything, 5).await;
        tokio::time::sleep(Duration::from_millis(dice.below(150) as u64)).await;
        proxy.cut();
    }
    scene.all_ended().await;
    scene.judge().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_stays_silent_is_given_up_and_the_work_goes_on_over_another() {
    let mut scene = Scene::postgres().await;
    let (proxy, crew) = behind_a_wire(&scene).await;
    let crew = crew.with("LOAN_MS", 500);
    let _hands = [crew.hire_at_work(), crew.hire_at_work()];
    for _ in 0..5 {
        scene.enqueue_many(Kind::Everything, 20).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        // Its kernel goes on to acknowledge what it is sent, so that TCP is content for ever.
        proxy.silence();
        scene.all_ended().await;
    }
    scene.judge().await;
}

/// The server does not learn either that its client is gone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_behind_a_silent_wire_does_not_keep_its_locks() {
    let scene = Scene::postgres().await;
    let (proxy, url) = wire_to(&scene).await;
    let options = PoolOptions {
        loan: Duration::from_millis(500),
        ..PoolOptions::default()
    };
    let behind = Pool::connect(&url, options).await.unwrap();
    let silenced: Result<(), DbError> = behind
        .tx(move |db| {
            Box::pin(async move {
                lock(db).await?;
                proxy.silence();
                lock(db).await
            })
        })
        .await;
    assert!(silenced.is_err(), "nothing came back");
    let mut beside = scene.queue.pool().get().await.unwrap();
    let locked = tokio::time::timeout(PATIENCE, lock(&mut beside)).await;
    locked.expect("the lock is never free").unwrap();
}

/// Three leases. TCP gives a silent peer up too, after a minute; here it is sooner.
const SILENCE: Duration = Duration::from_millis(2700);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wire_that_goes_silent_delays_and_loses_nothing() {
    let mut scene = Scene::postgres().await;
    let (proxy, crew) = behind_a_wire(&scene).await;
    let _hands = [crew.hire_at_work(), crew.hire_at_work()];
    for _ in 0..4 {
        scene.enqueue_many(Kind::Everything, 20).await;
        tokio::time::sleep(Duration::from_millis(60)).await;
        proxy.silence();
        scene.enqueue_many(Kind::Everything, 20).await;
        tokio::time::sleep(SILENCE).await;
        proxy.cut();
    }
    scene.all_ended().await;
    scene.judge().await;
}
