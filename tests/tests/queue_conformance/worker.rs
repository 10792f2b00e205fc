//! Workers: bodies run under apalis, and whatever happens to them has an outcome.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use apalis_close::close_unstarted;
use queue::apalis::Backend;
use queue::{Context, Ended, Fault, Outcome, Scope, State, StopReason, WorkerHandle};
use serde_json::json;

use crate::arena::{Arena, PATIENCE, Ping, enqueue, job, soon, until, worker};

on_both! {
    every_job_of_a_batch_is_done_once,
    a_panic_is_a_failed_attempt,
    a_body_that_takes_too_long_is_stopped_and_tried_again,
    an_unreadable_payload_ends_dead,
    an_output_too_large_for_a_row_ends_dead,
    a_cancelled_body_ends_cancelled,
    a_worker_that_closes_gives_back_what_it_had_not_begun,
    a_shutdown_hands_running_work_back_uncounted_with_its_checkpoint,
}

fn serve<F, Fut>(handle: &WorkerHandle, places: usize, body: F) -> tokio::task::JoinHandle<()>
where
    F: Fn(Context) -> Fut + Send + 'static,
    Fut: Future<Output = Outcome> + Send + 'static,
{
    let backend = Backend::new(handle, "pings", places);
    tokio::spawn(async move { backend.run(body).await.unwrap() })
}

async fn every_job_of_a_batch_is_done_once(arena: Arena) {
    let queue = arena.queue().await;
    let count = Arc::new(AtomicUsize::new(0));
    let handle = worker(&queue).await;
    let counter = Arc::clone(&count);
    let served = serve(&handle, 16, move |context| {
        let counter = Arc::clone(&counter);
        async move {
            counter.fetch_add(1, Ordering::Relaxed);
            let ping: Result<Ping, Fault> = context.payload();
            ping.map(|ping| json!(ping.number)).into()
        }
    });
    let mut ids = Vec::new();
    for number in 0..200 {
        ids.push((number, enqueue(&queue, number).await));
    }
    for (number, id) in ids {
        let job = until(&queue, id, |job| job.state == State::Done).await;
        assert_eq!(job.output, Some(json!(number)));
        assert_eq!(job.attempt, 1);
    }
    assert_eq!(count.load(Ordering::Relaxed), 200);
    handle.shutdown(PATIENCE).await.unwrap();
    tokio::time::timeout(PATIENCE, served)
        .await
        .unwrap()
        .unwrap();
}

async fn a_panic_is_a_failed_attempt(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |context| async move {
        assert!(context.job().attempt > 5, "the body's own words");
        Outcome::Done(json!(null))
    });
    let id = enqueue(&queue, 1).await;
    let job = until(&queue, id, |job| job.state == State::Retrying).await;
    let error = job.error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("panicked", "the body's own words")
    );
}

async fn a_body_that_takes_too_long_is_stopped_and_tried_again(arena: Arena) {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Brief;
    impl queue::Contract for Brief {
        const KIND: &'static str = "ping_briefly";
        const QUEUE: &'static str = "pings";
        const MAX_ATTEMPTS: i32 = 2;
        const TIMEOUT: Duration = Duration::from_secs(1);
        const BACKOFF: queue::Backoff = <Ping as queue::Contract>::BACKOFF;
        type Output = ();
    }
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |context| async move {
        context.cancelled().cancelled().await;
        assert_eq!(context.stop_reason(), Some(StopReason::TimedOut));
        Outcome::Cancelled("as told".into())
    });
    let brief = queue::NewJob::of(&Brief).unwrap();
    let id = queue.enqueue(brief).await.unwrap().id;
    let job = until(&queue, id, |job| job.state == State::Retrying).await;
    assert_eq!(job.error.unwrap().code, "timed_out");
}

async fn an_unreadable_payload_ends_dead(arena: Arena) {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Older {
        name: String,
    }
    impl queue::Contract for Older {
        const KIND: &'static str = "ping_peer";
        const QUEUE: &'static str = "pings";
        const MAX_ATTEMPTS: i32 = 5;
        const TIMEOUT: Duration = Duration::from_secs(1);
        const BACKOFF: queue::Backoff = <Ping as queue::Contract>::BACKOFF;
        type Output = ();
    }
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |context| async move {
        let ping: Result<Ping, Fault> = context.payload();
        ping.map(|ping| json!(ping.number)).into()
    });
    let older = queue::NewJob::of(&Older { name: "x".into() }).unwrap();
    let id = queue.enqueue(older).await.unwrap().id;
    let job = until(&queue, id, |job| job.state == State::Dead).await;
    assert_eq!(job.error.unwrap().code, "payload_unreadable");
    assert_eq!(job.attempt, 1);
}

async fn an_output_too_large_for_a_row_ends_dead(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |_| async move {
        Outcome::Done(json!("x".repeat(queue::DOCUMENT_LIMIT_BYTES)))
    });
    let id = enqueue(&queue, 1).await;
    let job = until(&queue, id, |job| job.state == State::Dead).await;
    assert_eq!(job.error.unwrap().code, "document_too_large");
}

async fn a_cancelled_body_ends_cancelled(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |context| async move {
        context.cancelled().cancelled().await;
        Outcome::Retry(Fault::transient("stopped", "half done"))
    });
    let id = enqueue(&queue, 1).await;
    until(&queue, id, |job| job.state == State::Running).await;
    soon(|| handle.held() == 1).await;
    queue.cancel(Scope::Operator, id, "enough").await.unwrap();
    let job = until(&queue, id, |job| job.state == State::Cancelled).await;
    assert_eq!(job.error.unwrap().message, "enough");
}

async fn a_worker_that_closes_gives_back_what_it_had_not_begun(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    let mut ids = Vec::new();
    for number in 0..5 {
        ids.push(enqueue(&queue, number).await);
    }
    let backend = Backend::new(&handle, "pings", 5);
    soon(|| handle.held() == 5).await;
    close_unstarted(backend).await;
    assert_eq!(handle.held(), 0);
    for id in ids {
        let job = job(&queue, id).await;
        assert_eq!((job.state, job.attempt), (State::Waiting, 0));
        assert!(
            queue
                .attempts(Scope::Operator, id)
                .await
                .unwrap()
                .is_empty()
        );
    }
}

async fn a_shutdown_hands_running_work_back_uncounted_with_its_checkpoint(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    serve(&handle, 1, |context| async move {
        context.checkpoint().save(&42_u32).await.unwrap();
        context.cancelled().cancelled().await;
        assert_eq!(context.stop_reason(), Some(StopReason::Draining));
        Outcome::Retry(Fault::transient("stopped", "half done"))
    });
    let id = enqueue(&queue, 1).await;
    until(&queue, id, |job| job.state == State::Running).await;
    handle.shutdown(Duration::from_millis(300)).await.unwrap();
    let job = job(&queue, id).await;
    assert_eq!((job.state, job.attempt), (State::Waiting, 0));
    let attempts = queue.attempts(Scope::Operator, id).await.unwrap();
    assert_eq!(attempts[0].ended, Ended::Released);
    let next = worker(&queue).await;
    let claimed = crate::arena::claim_one(&next).await;
    let reached = claimed.context().checkpoint().load::<u32>().await.unwrap();
    assert_eq!(reached, Some(42));
}

/// Closing a backend by hand, as a worker does that was stopped before it took any task.
mod apalis_close {
    use apalis_core::backend::Backend as _;
    use apalis_core::worker::context::WorkerContext;
    use queue::apalis::Backend;

    pub async fn close_unstarted(mut backend: Backend) {
        let context = WorkerContext::new("closing");
        std::future::poll_fn(|cx| backend.poll_close(cx, &context))
            .await
            .unwrap();
    }
}
