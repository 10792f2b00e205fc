//! Wake-ups: every engine here polls once an hour, so whatever moves was woken.

use std::time::Duration;

use queue::apalis::Backend;
use queue::{Context, Options, Outcome, Queue, Scope, State};

use crate::arena::{Arena, PATIENCE, enqueue, job, options, ping, until, worker};

on_both! {
    a_lone_job_is_picked_up_by_its_wake_up,
    a_job_enqueued_elsewhere_is_picked_up,
    a_scheduled_job_starts_when_it_is_due,
    a_watcher_hears_of_a_change_made_elsewhere,
    news_travels_by_redis_when_there_is_one,
}

async fn echo(context: Context) -> Outcome {
    Outcome::Done(context.job().payload["number"].clone())
}

/// Serves the queue in the background.
async fn serve(queue: &Queue) -> queue::WorkerHandle {
    let handle = worker(queue).await;
    tokio::spawn(Backend::new(&handle, "pings", 4).run(echo));
    handle
}

async fn a_lone_job_is_picked_up_by_its_wake_up(arena: Arena) {
    let queue = arena.queue().await;
    let _worker = serve(&queue).await;
    // The poll is an hour away: only a wake-up brings each of them in time.
    for number in 0..30 {
        let id = enqueue(&queue, number).await;
        until(&queue, id, |job| job.state == State::Done).await;
    }
}

async fn a_job_enqueued_elsewhere_is_picked_up(arena: Arena) {
    let queue = arena.queue().await;
    let _worker = serve(&queue).await;
    let elsewhere = arena.elsewhere().await;
    for number in 0..3 {
        let id = enqueue(&elsewhere, number).await;
        until(&queue, id, |job| job.state == State::Done).await;
    }
}

async fn a_scheduled_job_starts_when_it_is_due(arena: Arena) {
    let queue = arena.queue().await;
    let _worker = serve(&queue).await;
    let due = queue.now() + Duration::from_millis(700);
    let far = queue.now() + Duration::from_hours(1);
    let later = queue.enqueue(ping(1).run_at(far)).await.unwrap().id;
    let id = queue.enqueue(ping(2).run_at(due)).await.unwrap().id;
    assert_eq!(job(&queue, id).await.state, State::Scheduled);
    let done = until(&queue, id, |job| job.state == State::Done).await;
    assert!(done.started_at.unwrap() >= due);
    assert_eq!(job(&queue, later).await.state, State::Scheduled);
}

async fn a_watcher_hears_of_a_change_made_elsewhere(arena: Arena) {
    let queue = arena.queue().await;
    let elsewhere = arena.elsewhere().await;
    let id = enqueue(&queue, 1).await;
    let mut watch = queue.watch(id);
    elsewhere.cancel(Scope::Operator, id, "no").await.unwrap();
    while job(&queue, id).await.state != State::Cancelled {
        tokio::time::timeout(PATIENCE, watch.changed())
            .await
            .unwrap();
    }
}

async fn news_travels_by_redis_when_there_is_one(arena: Arena) {
    let with_redis = Options {
        redis_url: Some(support::redis::url()),
        ..options()
    };
    let queue = Queue::start(arena.pool.clone(), with_redis.clone())
        .await
        .unwrap();
    let elsewhere = Queue::start(arena.elsewhere().await.pool().clone(), with_redis)
        .await
        .unwrap();
    let _worker = serve(&queue).await;
    let id = enqueue(&elsewhere, 1).await;
    until(&elsewhere, id, |job| job.state == State::Done).await;
}
