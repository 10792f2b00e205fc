//! Redriving: dead jobs come back in bulk, each like one that a person retries.

use queue::{
    Fault, Filter, Flow, JobId, OnFailure, Outcome, PayloadField, Queue, QueueError, Scope, State,
    WorkerHandle,
};
use uuid::Uuid;

use crate::acts;
use crate::arena::{Arena, claim_one, enqueue, job, nina, ping, worker};

on_both! {
    what_the_filter_names_comes_back_and_the_rest_stays_dead,
    many_batches_are_one_act,
    a_limit_takes_the_oldest,
    a_flow_comes_back_from_its_beginning,
    who_needs_a_dead_job_that_is_not_redriven_is_skipped,
    a_taken_unique_key_is_skipped_and_told,
    what_did_not_fail_cannot_be_redriven,
    tenants_redrive_their_own,
}

async fn dies(worker: &WorkerHandle, code: &str) -> JobId {
    let claimed = claim_one(worker).await;
    let id = claimed.job().id;
    let dead = Outcome::Dead(Fault::permanent(code.to_owned(), "gone"));
    worker.finish(&[(claimed, dead)]).await.unwrap();
    id
}

async fn dead(queue: &Queue, worker: &WorkerHandle, number: u32, code: &str) -> JobId {
    enqueue(queue, number).await;
    dies(worker, code).await
}

async fn what_the_filter_names_comes_back_and_the_rest_stays_dead(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let one = dead(&queue, &worker, 1, "peer_away").await;
    let two = dead(&queue, &worker, 2, "peer_away").await;
    let three = dead(&queue, &worker, 1, "no_peer").await;
    let filter = Filter {
        error_code: Some("peer_away".into()),
        payload: vec![PayloadField::parse("payload.number=1").unwrap()],
        kind: Some("ping_peer".into()),
        queue: Some("pings".into()),
        ..Filter::default()
    };
    let count = queue.redrivable(Scope::Operator, &filter).await.unwrap();
    assert_eq!(count, 1);
    assert_eq!(acts::all(&queue).await, [], "counting is no act");
    let redriven = queue.redrive(nina(), &filter, None).await.unwrap();
    assert_eq!(redriven.retried, 1);
    assert_eq!(job(&queue, one).await.state, State::Waiting);
    for id in [two, three] {
        assert_eq!(job(&queue, id).await.state, State::Dead);
    }
    let act = acts::all(&queue).await.remove(0);
    assert_eq!(Some(act.id), redriven.act);
    assert_eq!((&*act.act, &*act.target), ("redrive_jobs", "pings"));
    assert_eq!(act.details["retried"], 1);
    assert_eq!(act.details["filter"]["error_code"], "peer_away");
    let again = queue.redrive(nina(), &filter, None).await.unwrap();
    assert_eq!((again.retried, again.act), (0, None));
}

async fn many_batches_are_one_act(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    for number in 0..250 {
        enqueue(&queue, number).await;
    }
    let mut claimed = Vec::new();
    while claimed.len() < 250 {
        claimed.extend(worker.claim("pings", 250).await.unwrap());
    }
    let fault = || Outcome::Dead(Fault::permanent("x", "y"));
    let ends: Vec<_> = claimed
        .into_iter()
        .map(|claimed| (claimed, fault()))
        .collect();
    worker.finish(&ends).await.unwrap();
    let filter = Filter::default();
    let redriven = queue.redrive(nina(), &filter, None).await.unwrap();
    assert_eq!(redriven.retried, 250);
    let acts = acts::all(&queue).await;
    assert_eq!((acts.len(), &acts[0].details["retried"]), (1, &250.into()));
    let view = queue.queue_view("pings").await.unwrap();
    assert_eq!(
        (view.count(State::Waiting), view.count(State::Dead)),
        (250, 0)
    );
}

async fn a_limit_takes_the_oldest(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        ids.push(dead(&queue, &worker, number, "x").await);
    }
    let redriven = queue.redrive(nina(), &Filter::default(), Some(2)).await;
    assert_eq!(redriven.unwrap().retried, 2);
    assert_eq!(job(&queue, ids[1]).await.state, State::Waiting);
    assert_eq!(job(&queue, ids[2]).await.state, State::Dead);
}

async fn a_flow_comes_back_from_its_beginning(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = Flow::new();
    let first = flow.add(ping(1));
    flow.add(ping(2).after(first, OnFailure::Cancel));
    let jobs = queue.enqueue_flow(flow).await.unwrap().jobs;
    dies(&worker, "x").await;
    assert_eq!(job(&queue, jobs[1]).await.state, State::Cancelled);
    let redriven = queue.redrive(nina(), &Filter::default(), None).await;
    assert_eq!(redriven.unwrap().retried, 1);
    assert_eq!(job(&queue, jobs[0]).await.state, State::Waiting);
    assert_eq!(job(&queue, jobs[1]).await.state, State::Blocked);
}

async fn who_needs_a_dead_job_that_is_not_redriven_is_skipped(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = Flow::new();
    let first = flow.add(ping(1));
    flow.add(ping(2).after(first, OnFailure::Cancel));
    let jobs = queue.enqueue_flow(flow).await.unwrap().jobs;
    dies(&worker, "x").await;
    let cancelled = Filter {
        state: Some(State::Cancelled),
        ..Filter::default()
    };
    let redriven = queue.redrive(nina(), &cancelled, None).await.unwrap();
    assert_eq!((redriven.retried, redriven.needs_failed), (0, 1));
    assert_eq!(redriven.skipped, [jobs[1]]);
    assert_eq!(job(&queue, jobs[1]).await.state, State::Cancelled);
}

async fn a_taken_unique_key_is_skipped_and_told(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let unique = || ping(1).unique("only");
    let old = queue.enqueue(unique()).await.unwrap().id;
    assert_eq!(dies(&worker, "x").await, old);
    let other = dead(&queue, &worker, 2, "x").await;
    queue.enqueue(unique()).await.unwrap();
    let redriven = queue.redrive(nina(), &Filter::default(), None).await;
    let redriven = redriven.unwrap();
    assert_eq!((redriven.retried, redriven.superseded), (1, 1));
    assert_eq!(redriven.skipped, [old]);
    assert_eq!(job(&queue, other).await.state, State::Waiting);
}

async fn what_did_not_fail_cannot_be_redriven(arena: Arena) {
    let queue = arena.queue().await;
    let filter = Filter {
        state: Some(State::Done),
        ..Filter::default()
    };
    let refused = queue.redrive(nina(), &filter, None).await;
    assert!(matches!(refused, Err(QueueError::Invalid { .. })));
}

async fn tenants_redrive_their_own(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let tenants = [Uuid::now_v7(), Uuid::now_v7()];
    for tenant in tenants {
        queue.enqueue(ping(1).tenant(tenant)).await.unwrap();
        dies(&worker, "x").await;
    }
    let all = Filter::default();
    let scope = Scope::Tenant(tenants[0]);
    assert_eq!(queue.redrivable(scope, &all).await.unwrap(), 1);
    assert_eq!(queue.redrive(scope, &all, None).await.unwrap().retried, 1);
    let one = Filter {
        tenant_id: Some(tenants[1]),
        ..Filter::default()
    };
    assert_eq!(queue.redrivable(Scope::Operator, &one).await.unwrap(), 1);
}
