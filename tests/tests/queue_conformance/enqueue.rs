//! Enqueuing: with the caller's transaction or not at all.

use db::DbError;
use queue::{Filter, NewJob, Outcome, Page, QueueError, Scope, State};
use uuid::Uuid;

use crate::arena::{Arena, Ping, claim_one, job, ping, worker};

on_both! {
    a_rolled_back_transaction_leaves_no_job,
    a_job_is_kept_with_its_contracts_policy,
    a_unique_key_admits_one_unfinished_job_a_tenant,
    a_payload_too_large_for_a_row_is_refused_with_its_size,
    an_id_that_exists_is_refused,
    a_priority_out_of_range_is_refused,
}

async fn a_rolled_back_transaction_leaves_no_job(arena: Arena) {
    let queue = arena.queue().await;
    let result: Result<(), QueueError> = queue
        .transaction(|tx| {
            Box::pin(async move {
                tx.enqueue(ping(1)).await?;
                Err(DbError::NotFound.into())
            })
        })
        .await;
    assert!(result.is_err());
    let all = Filter::default();
    let jobs = queue.jobs(Scope::Operator, &all, Page::default()).await;
    assert!(jobs.unwrap().is_empty());
}

async fn a_job_is_kept_with_its_contracts_policy(arena: Arena) {
    let queue = arena.queue().await;
    let tenant = Uuid::now_v7();
    let id = queue
        .enqueue(ping(7).tenant(tenant).priority(2))
        .await
        .unwrap()
        .id;
    let job = job(&queue, id).await;
    assert_eq!(
        (job.kind.as_str(), job.queue.as_str()),
        ("ping_peer", "pings")
    );
    assert_eq!(
        (job.state, job.attempt, job.max_attempts),
        (State::Waiting, 0, 2)
    );
    assert_eq!((job.tenant_id, job.priority), (Some(tenant), 2));
    assert_eq!(job.payload, serde_json::json!({"number": 7}));
    assert!(job.finished_at.is_none() && job.created_at <= queue.now());
}

async fn a_unique_key_admits_one_unfinished_job_a_tenant(arena: Arena) {
    let queue = arena.queue().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let of = |tenant| ping(1).tenant(tenant).unique("daily");
    let first = queue.enqueue(of(a)).await.unwrap();
    let again = queue.enqueue(of(a)).await.unwrap();
    let other = queue.enqueue(of(b)).await.unwrap();
    assert!(!first.existing && again.existing && !other.existing);
    assert_eq!(first.id, again.id);
    assert_ne!(first.id, other.id);
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.job().id, first.id);
    assert!(
        queue.enqueue(of(a)).await.unwrap().existing,
        "it still runs"
    );
    let ends = [(claimed, Outcome::Done(serde_json::json!(1)))];
    worker.finish(&ends).await.unwrap();
    assert!(!queue.enqueue(of(a)).await.unwrap().existing, "it is done");
}

async fn a_payload_too_large_for_a_row_is_refused_with_its_size(_: Arena) {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Huge(String);
    impl queue::Contract for Huge {
        const KIND: &'static str = "carry_bytes";
        const QUEUE: &'static str = Ping::QUEUE;
        const MAX_ATTEMPTS: i32 = 1;
        const TIMEOUT: std::time::Duration = Ping::TIMEOUT;
        const BACKOFF: queue::Backoff = Ping::BACKOFF;
        type Output = ();
    }
    let error = NewJob::of(&Huge("x".repeat(queue::DOCUMENT_LIMIT_BYTES))).unwrap_err();
    assert_eq!(error.code(), "document_too_large");
    assert!(error.to_string().contains("262146 bytes"), "{error}");
}

async fn an_id_that_exists_is_refused(arena: Arena) {
    let queue = arena.queue().await;
    let id = queue.enqueue(ping(1)).await.unwrap().id;
    for job in [ping(2).id(id), ping(2).id(id).unique("key")] {
        assert_eq!(queue.enqueue(job).await.unwrap_err().code(), "constraint");
    }
}

async fn a_priority_out_of_range_is_refused(arena: Arena) {
    let queue = arena.queue().await;
    for priority in [-1, 10] {
        let error = queue.enqueue(ping(1).priority(priority)).await.unwrap_err();
        assert_eq!(error.code(), "job_invalid");
    }
}
