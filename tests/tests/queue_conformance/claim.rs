//! Claiming: in order, once, counted.

use std::collections::HashSet;

use queue::{Contract as _, State};

use crate::arena::{Arena, Ping, claim_one, enqueue, job, ping, until, worker};

on_both! {
    jobs_are_claimed_by_priority_and_then_by_age,
    eight_claimers_at_once_never_share_a_job,
    a_claim_counts_the_attempt_and_moves_the_fence,
    a_claim_that_is_dropped_goes_back_uncounted,
    a_closed_worker_claims_nothing,
}

async fn jobs_are_claimed_by_priority_and_then_by_age(arena: Arena) {
    let queue = arena.queue().await;
    for (number, priority) in [(1, 9), (2, 5), (3, 0), (4, 5), (5, 0)] {
        queue
            .enqueue(ping(number).priority(priority))
            .await
            .unwrap();
    }
    let worker = worker(&queue).await;
    let first = worker.claim(Ping::QUEUE, 2).await.unwrap();
    let rest = worker.claim(Ping::QUEUE, 10).await.unwrap();
    let numbers: Vec<_> = first
        .iter()
        .chain(&rest)
        .map(|claimed| claimed.job().payload["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 5, 2, 4, 1]);
}

async fn eight_claimers_at_once_never_share_a_job(arena: Arena) {
    let queue = arena.queue().await;
    queue
        .transaction::<_, queue::QueueError, _>(|tx| {
            Box::pin(async move {
                for number in 0..300 {
                    tx.enqueue(ping(number)).await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();
    let worker = worker(&queue).await;
    let claimers = (0..8).map(|_| {
        let worker = worker.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let claimed = worker.claim(Ping::QUEUE, 7).await.unwrap();
                if claimed.is_empty() {
                    return mine;
                }
                mine.extend(claimed);
            }
        })
    });
    let mut all = Vec::new();
    for claimer in claimers.collect::<Vec<_>>() {
        all.extend(claimer.await.unwrap());
    }
    let ids: HashSet<_> = all.iter().map(|claimed| claimed.job().id).collect();
    assert_eq!((all.len(), ids.len()), (300, 300));
}

async fn a_claim_counts_the_attempt_and_moves_the_fence(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    assert_eq!((claimed.job().attempt, claimed.fence()), (1, 1));
    worker.give_back(&[claimed], false).await.unwrap();
    assert_eq!(job(&queue, id).await.attempt, 0);
    let claimed = claim_one(&worker).await;
    assert_eq!((claimed.job().attempt, claimed.fence()), (1, 2));
    let job = job(&queue, id).await;
    assert_eq!(job.state, State::Running);
    assert!(job.started_at.is_some());
}

async fn a_claim_that_is_dropped_goes_back_uncounted(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    drop(claim_one(&worker).await);
    assert_eq!(worker.held(), 0);
    let job = until(&queue, id, |job| job.state == State::Waiting).await;
    assert_eq!(job.attempt, 0);
}

async fn a_closed_worker_claims_nothing(arena: Arena) {
    let queue = arena.queue().await;
    enqueue(&queue, 1).await;
    let worker = worker(&queue).await;
    worker.close();
    assert!(worker.claim(Ping::QUEUE, 1).await.unwrap().is_empty());
}
