//! Turns: no tenant's backlog delays another's first job by more than one round.

use queue::{Claimed, Contract as _, WorkerHandle};
use uuid::Uuid;

use crate::arena::{Arena, Ping, ping, worker};

on_both! {
    a_newcomers_job_is_claimed_within_one_round_of_a_backlog,
    one_claim_shares_its_places_among_tenants,
    more_tenants_than_one_look_shows_all_have_their_turn,
    a_tenants_limit_keys_share_that_tenants_turn,
    a_job_that_commits_late_is_claimed_although_later_ones_were,
}

fn tenant(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

async fn backlog(queue: &queue::Queue, owner: u128, count: u32) {
    let jobs = (0..count).map(|number| ping(number).tenant(tenant(owner)));
    queue.enqueue_many(jobs).await.unwrap();
}

async fn claim(worker: &WorkerHandle, limit: usize) -> Vec<Claimed> {
    worker.claim(Ping::QUEUE, limit).await.unwrap()
}

fn owners(claimed: &[Claimed]) -> Vec<u128> {
    let owner = |claimed: &Claimed| claimed.job().tenant_id.unwrap().as_u128();
    claimed.iter().map(owner).collect()
}

async fn a_newcomers_job_is_claimed_within_one_round_of_a_backlog(arena: Arena) {
    let queue = arena.queue().await;
    backlog(&queue, 1, 500).await;
    backlog(&queue, 2, 500).await;
    let worker = worker(&queue).await;
    let mut held = claim(&worker, 5).await;
    // Another process' enqueue, of which this one may not hear before it claims again.
    backlog(&queue, 3, 1).await;
    for _ in 0..3 {
        held.extend(claim(&worker, 1).await);
    }
    assert!(owners(&held).contains(&3), "{:?}", owners(&held));
}

async fn one_claim_shares_its_places_among_tenants(arena: Arena) {
    let queue = arena.queue().await;
    for owner in 1..=3 {
        backlog(&queue, owner, 50).await;
    }
    let claimed = claim(&worker(&queue).await, 30).await;
    let mut owners = owners(&claimed);
    assert_eq!(
        owners[..3].iter().sum::<u128>(),
        6,
        "the first of each goes first"
    );
    owners.sort_unstable();
    let expected: Vec<u128> = (1..=3).flat_map(|owner| [owner; 10]).collect();
    assert_eq!(owners, expected);
}

async fn more_tenants_than_one_look_shows_all_have_their_turn(arena: Arena) {
    let queue = arena.queue().await;
    backlog(&queue, 1, 2000).await;
    let newcomers = (0..1200).map(|number| ping(number).tenant(tenant(2 + u128::from(number))));
    queue.enqueue_many(newcomers).await.unwrap();
    let worker = worker(&queue).await;
    let mut held = Vec::new();
    // A round is one job of each of 1,201 tenants; what the backlog takes besides is its share of
    // the claims that see no others.
    for _ in 0..8 {
        held.extend(claim(&worker, 500).await);
    }
    let mut owners = owners(&held);
    owners.sort_unstable();
    owners.dedup();
    assert_eq!(owners.len(), 1201);
}

async fn a_tenants_limit_keys_share_that_tenants_turn(arena: Arena) {
    let queue = arena.queue().await;
    for key in ["accounts/a", "accounts/b", "accounts/c"] {
        let jobs = (0..10).map(|number| ping(number).tenant(tenant(1)).limited_by(key));
        queue.enqueue_many(jobs).await.unwrap();
    }
    backlog(&queue, 2, 10).await;
    let worker = worker(&queue).await;
    let mut held = Vec::new();
    for _ in 0..6 {
        held.extend(claim(&worker, 1).await);
    }
    let theirs = owners(&held).iter().filter(|owner| **owner == 2).count();
    assert_eq!(theirs, 3, "{:?}", owners(&held));
}

async fn a_job_that_commits_late_is_claimed_although_later_ones_were(arena: Arena) {
    let queue = arena.queue().await;
    let at = queue.now();
    backlog(&queue, 1, 10).await;
    let worker = worker(&queue).await;
    let _held = claim(&worker, 5).await;
    let early = queue.enqueue(ping(99).tenant(tenant(1)).run_at(at)).await;
    let early = early.unwrap().id;
    let rest = claim(&worker, 20).await;
    assert!(rest.iter().any(|claimed| claimed.job().id == early));
    assert_eq!(rest.len(), 6);
}
