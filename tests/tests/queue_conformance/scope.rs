//! Reading: each tenant its own, page by page.

use queue::{Fault, Filter, Outcome, Page, Queue, QueueError, Retried, Scope, State};
use uuid::Uuid;

use crate::arena::{Arena, claim_one, ping, worker};

on_both! {
    a_tenant_sees_nothing_of_another,
    pages_walk_from_the_newest_to_the_oldest_without_gaps,
    filters_narrow_the_list,
    depths_count_what_is_not_finished_and_what_is_dead,
}

async fn add(queue: &Queue, tenant: Uuid, number: u32) -> queue::JobId {
    queue.enqueue(ping(number).tenant(tenant)).await.unwrap().id
}

async fn a_tenant_sees_nothing_of_another(arena: Arena) {
    let queue = arena.queue().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let id = add(&queue, a, 1).await;
    let worker = worker(&queue).await;
    let ends = [(
        claim_one(&worker).await,
        Outcome::Dead(Fault::permanent("x", "y")),
    )];
    worker.finish(&ends).await.unwrap();
    let stranger = Scope::Tenant(b);
    assert!(queue.job(stranger, id).await.unwrap().is_none());
    assert!(queue.attempts(stranger, id).await.unwrap().is_empty());
    assert_eq!(queue.retry(stranger, id).await.unwrap(), Retried::NotFound);
    let all = Filter::default();
    let jobs = queue.jobs(stranger, &all, Page::default()).await;
    assert!(jobs.unwrap().is_empty());
    assert_eq!(waiting_of(&queue, b).await, 0);
    let owner = Scope::Tenant(a);
    assert_eq!(queue.job(owner, id).await.unwrap().unwrap().id, id);
    assert_eq!(queue.attempts(owner, id).await.unwrap().len(), 1);
}

async fn pages_walk_from_the_newest_to_the_oldest_without_gaps(arena: Arena) {
    let queue = arena.queue().await;
    let tenant = Uuid::now_v7();
    let mut ids = Vec::new();
    for number in 0..7 {
        ids.push(add(&queue, tenant, number).await);
        add(&queue, Uuid::now_v7(), number).await;
    }
    assert_eq!(waiting_of(&queue, tenant).await, 7);
    ids.reverse();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit: 3 };
        let jobs = queue
            .jobs(Scope::Tenant(tenant), &Filter::default(), page)
            .await
            .unwrap();
        let Some(last) = jobs.last() else { break };
        after = Some(last.id);
        seen.extend(jobs.iter().map(|job| job.id));
    }
    assert_eq!(seen, ids);
}

async fn filters_narrow_the_list(arena: Arena) {
    let queue = arena.queue().await;
    let tenant = Uuid::now_v7();
    let first = add(&queue, tenant, 1).await;
    add(&queue, tenant, 2).await;
    let worker = worker(&queue).await;
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.job().id, first);
    let count = async |filter: Filter| {
        let page = Page::default();
        queue
            .jobs(Scope::Tenant(tenant), &filter, page)
            .await
            .unwrap()
            .len()
    };
    let of_state = |state| Filter {
        state: Some(state),
        ..Filter::default()
    };
    assert_eq!(count(of_state(State::Running)).await, 1);
    assert_eq!(count(of_state(State::Waiting)).await, 1);
    assert_eq!(count(of_state(State::Dead)).await, 0);
    let kind = |kind: &str| Filter {
        kind: Some(kind.into()),
        queue: Some("pings".into()),
        ..Filter::default()
    };
    assert_eq!(count(kind("ping_peer")).await, 2);
    assert_eq!(count(kind("other")).await, 0);
}

async fn depths_count_what_is_not_finished_and_what_is_dead(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    for number in 0..4 {
        add(&queue, Uuid::now_v7(), number).await;
    }
    let dead = (
        claim_one(&worker).await,
        Outcome::Dead(Fault::permanent("x", "y")),
    );
    let done = (
        claim_one(&worker).await,
        Outcome::Done(serde_json::json!(1)),
    );
    worker.finish(&[dead, done]).await.unwrap();
    let mut depths: Vec<_> = queue
        .depths()
        .await
        .unwrap()
        .into_iter()
        .map(|depth| (depth.state, depth.count))
        .collect();
    depths.sort();
    assert_eq!(depths, [(State::Waiting, 2), (State::Dead, 1)]);
}

async fn waiting_of(queue: &Queue, tenant: Uuid) -> u64 {
    let count = queue.transaction::<_, QueueError, _>(move |tx| {
        Box::pin(async move { tx.waiting_of(tenant).await })
    });
    count.await.unwrap()
}
