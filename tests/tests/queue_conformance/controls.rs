//! Controls: queues are paused, resumed, drained and limited, one or all of them.

use std::time::Duration;

use queue::apalis::Backend;
use queue::{ALL_QUEUES, Context, Outcome, Queue, QueueError, State};
use serde_json::json;

use crate::acts;
use crate::arena::{Arena, Ping, claim_one, enqueue, job, nina, noon, ping, until, worker};
use queue::Contract as _;

on_both! {
    a_paused_queue_hands_out_nothing_and_one_resumed_goes_on_at_once,
    all_queues_are_paused_and_resumed_together,
    a_drained_queue_runs_empty,
    a_limit_is_kept_beside_a_pause,
    the_view_counts_every_state_and_worker,
    a_queue_without_a_name_is_refused,
}

async fn waits(queue: &Queue, worker: &queue::WorkerHandle) {
    assert_eq!(worker.claim(Ping::QUEUE, 10).await.unwrap().len(), 0);
    let view = queue.queue_view(Ping::QUEUE).await.unwrap();
    assert!(view.count(State::Waiting) > 0);
}

async fn a_paused_queue_hands_out_nothing_and_one_resumed_goes_on_at_once(arena: Arena) {
    let queue = arena.queue().await;
    let paused = queue.pause_queue(nina(), Ping::QUEUE).await.unwrap();
    assert!(paused.paused_at.is_some() && paused.paused_by.as_deref() == Some("nina"));
    let again = queue.pause_queue(nina(), Ping::QUEUE).await.unwrap();
    assert_eq!(again, paused);
    let handle = worker(&queue).await;
    let id = enqueue(&queue, 1).await;
    waits(&queue, &handle).await;
    // This worker polls once an hour: it hears of the end of the pause.
    let backend = Backend::new(&handle, Ping::QUEUE, 2);
    tokio::spawn(backend.run(|_: Context| async { Outcome::Done(json!(1)) }));
    waits(&queue, &worker(&queue).await).await;
    assert_eq!(job(&queue, id).await.state, State::Waiting);
    let elsewhere = arena.elsewhere().await;
    let resumed = elsewhere.resume_queue(nina(), Ping::QUEUE).await.unwrap();
    assert_eq!(resumed.paused_at, None);
    until(&queue, id, |job| job.state == State::Done).await;
}

async fn all_queues_are_paused_and_resumed_together(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    queue.pause_queue(nina(), ALL_QUEUES).await.unwrap();
    let id = enqueue(&queue, 1).await;
    waits(&queue, &handle).await;
    assert!(queue.queues().await.unwrap().all.paused_at.is_some());
    // A queue is paused while either says so.
    queue.pause_queue(nina(), Ping::QUEUE).await.unwrap();
    queue.resume_queue(nina(), ALL_QUEUES).await.unwrap();
    waits(&queue, &handle).await;
    queue.pause_queue(nina(), ALL_QUEUES).await.unwrap();
    queue.resume_queue(nina(), Ping::QUEUE).await.unwrap();
    waits(&queue, &handle).await;
    let backend = Backend::new(&handle, Ping::QUEUE, 2);
    tokio::spawn(backend.run(|_: Context| async { Outcome::Done(json!(1)) }));
    queue.resume_queue(nina(), ALL_QUEUES).await.unwrap();
    until(&queue, id, |job| job.state == State::Done).await;
}

async fn a_drained_queue_runs_empty(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    let (first, second) = (enqueue(&queue, 1).await, enqueue(&queue, 2).await);
    let claimed = claim_one(&handle).await;
    queue.drain_queue(nina(), Ping::QUEUE).await.unwrap();
    assert_eq!(queue.running(Ping::QUEUE).await.unwrap(), 1);
    assert_eq!(queue.running(ALL_QUEUES).await.unwrap(), 1);
    assert_eq!(queue.running("another").await.unwrap(), 0);
    let ends = [(claimed, Outcome::Done(json!(1)))];
    handle.finish(&ends).await.unwrap();
    assert_eq!(queue.running(Ping::QUEUE).await.unwrap(), 0);
    assert_eq!(job(&queue, first).await.state, State::Done);
    assert_eq!(job(&queue, second).await.state, State::Waiting);
    assert_eq!(acts::all(&queue).await[0].act, "drain_queue");
}

async fn a_limit_is_kept_beside_a_pause(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let otto = || queue::Actor::operator("otto");
    queue.pause_queue(nina(), "mail").await.unwrap();
    let limited = queue.limit_queue(otto(), "mail", Some(3)).await.unwrap();
    assert_eq!(limited.max_running, Some(3));
    assert_eq!(limited.paused_by.as_deref(), Some("nina"));
    queue.limit_queue(otto(), "mail", Some(3)).await.unwrap();
    let resumed = queue.resume_queue(otto(), "mail").await.unwrap();
    assert_eq!(resumed.max_running, Some(3));
    queue.limit_queue(otto(), "mail", None).await.unwrap();
    let acts = acts::all(&queue).await;
    assert_eq!(acts.len(), 4, "{acts:?}");
    assert_eq!(acts[0].details, json!({ "max_running": null, "before": 3 }));
}

async fn the_view_counts_every_state_and_worker(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let handle = worker(&queue).await;
    enqueue(&queue, 1).await;
    enqueue(&queue, 2).await;
    let later = queue.now() + Duration::from_hours(1);
    queue.enqueue(ping(3).run_at(later)).await.unwrap();
    let mut flow = queue::Flow::new();
    let one = flow.add(ping(4));
    flow.add(ping(5).after(one, queue::OnFailure::Cancel));
    queue.enqueue_flow(flow).await.unwrap();
    let _held = claim_one(&handle).await;
    queue.limit_queue(nina(), "quiet", Some(1)).await.unwrap();
    clock.advance(Duration::from_secs(2));
    let queues = queue.queues().await.unwrap().queues;
    let names: Vec<_> = queues.iter().map(|view| view.name.as_str()).collect();
    assert_eq!(names, ["pings", "quiet"]);
    let pings = &queues[0];
    let counts = [
        State::Waiting,
        State::Running,
        State::Scheduled,
        State::Blocked,
    ];
    assert_eq!(counts.map(|state| pings.count(state)), [2, 1, 1, 1]);
    assert_eq!((pings.workers, queues[1].workers), (1, 0));
    assert!((pings.oldest_age_seconds - 2.0).abs() < 0.01, "{pings:?}");
    let workers = queue.workers().await.unwrap();
    assert_eq!((workers[0].running, &*workers[0].worker.name), (1, "test"));
    assert_eq!(workers[0].queues, ["pings"]);
}

async fn a_queue_without_a_name_is_refused(arena: Arena) {
    let queue = arena.queue().await;
    for name in ["", &"x".repeat(129)] {
        let refused = queue.pause_queue(nina(), name).await;
        assert!(matches!(refused, Err(QueueError::Invalid { .. })));
    }
}
