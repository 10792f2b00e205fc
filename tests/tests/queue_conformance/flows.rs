//! Flows: jobs wait for the jobs they need, and move in the transaction that ends those.

use std::sync::Arc;
use std::time::Duration;

use db::{Pool, PoolOptions};
use queue::{
    Cancel, CancelledFlow, Claimed, Contract as _, EnqueuedFlow, Fault, Finished, Flow, JobId,
    NewJob, OnFailure, Options, Outcome, Queue, QueueError, Retried, Scope, State, WorkerHandle,
};
use serde_json::json;
use uuid::Uuid;

use crate::arena::{Arena, Ping, claim_one, job, noon, options, ping, until, worker};

on_both! {
    a_diamond_runs_in_its_order_and_each_body_reads_what_it_needed,
    two_that_end_at_once_move_the_one_that_needs_both_once,
    a_failure_does_along_each_edge_what_the_edge_says,
    a_retried_job_revives_what_was_cancelled_because_of_it,
    a_revived_job_whose_other_need_is_dead_is_cancelled_for_that,
    a_job_cannot_be_retried_before_what_it_needs,
    who_needs_a_job_of_a_silent_worker_moves_when_that_is_given_up,
    a_cancelled_job_takes_along_who_needs_it,
    a_cancelled_flow_runs_no_more,
    a_job_that_is_not_due_is_scheduled_when_it_is_unblocked,
    a_flow_is_refused_whole,
    a_tenant_sees_and_cancels_nothing_of_another,
    nothing_is_left_for_the_net,
}

const CANCEL: OnFailure = OnFailure::Cancel;

/// A chain: each needs the one before.
fn chain(length: u32) -> Flow {
    let mut flow = Flow::new();
    let mut last = flow.add(ping(0));
    for number in 1..length {
        last = flow.add(ping(number).after(last, CANCEL));
    }
    flow
}

async fn start(queue: &Queue, flow: Flow) -> Vec<JobId> {
    let id = flow.id();
    let EnqueuedFlow { id: enqueued, jobs } = queue.enqueue_flow(flow).await.unwrap();
    assert_eq!(enqueued, id);
    jobs
}

async fn states(queue: &Queue, jobs: &[JobId]) -> Vec<State> {
    let mut states = Vec::new();
    for id in jobs {
        states.push(job(queue, *id).await.state);
    }
    states
}

async fn why(queue: &Queue, id: JobId) -> String {
    job(queue, id).await.error.unwrap().message
}

async fn end(worker: &WorkerHandle, claimed: Claimed, outcome: Outcome) {
    let ends = [(claimed, outcome)];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
}

/// Claims the one job that waits, which must be `id`, and ends it.
async fn run(worker: &WorkerHandle, id: JobId, outcome: Outcome) {
    let claimed = claim_one(worker).await;
    assert_eq!(claimed.job().id, id);
    end(worker, claimed, outcome).await;
}

fn done() -> Outcome {
    Outcome::Done(json!(1))
}

fn dead() -> Outcome {
    Outcome::Dead(Fault::permanent("no_peer", "gone"))
}

async fn a_diamond_runs_in_its_order_and_each_body_reads_what_it_needed(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = Flow::new();
    let top = flow.add(ping(1));
    let left = flow.add(ping(2).after(top, CANCEL));
    let right = flow.add(ping(3).after(top, CANCEL));
    flow.add(ping(4).after(left, CANCEL).after(right, CANCEL));
    let flow_id = flow.id();
    let jobs = start(&queue, flow).await;
    assert_eq!(top.job_id(), jobs[0]);
    let blocked = State::Blocked;
    let begun = [State::Waiting, blocked, blocked, blocked];
    assert_eq!(states(&queue, &jobs).await, begun);

    run(&worker, jobs[0], Outcome::Done(json!(10))).await;
    let first = claim_one(&worker).await;
    assert_eq!(first.context().output_of::<Ping>().await, Ok(10));
    end(&worker, first, Outcome::Done(json!(20))).await;
    assert_eq!(job(&queue, jobs[3]).await.state, blocked, "one is missing");
    run(&worker, jobs[2], Outcome::Done(json!(30))).await;
    let last = claim_one(&worker).await;
    assert_eq!(last.job().id, jobs[3]);
    let needed = last.context().needed().await.unwrap();
    let outputs: Vec<_> = needed.iter().map(|job| job.output.clone()).collect();
    assert_eq!(outputs, [Some(json!(20)), Some(json!(30))]);
    let which = last.context().output_of::<Ping>().await.unwrap_err();
    assert_eq!(which.code, "needed_output_missing", "there are two");
    end(&worker, last, done()).await;

    let view = queue.flow(Scope::Operator, flow_id).await.unwrap().unwrap();
    let shown: Vec<_> = view.jobs.iter().map(|job| (job.id, job.state)).collect();
    let all: Vec<_> = jobs.iter().map(|id| (*id, State::Done)).collect();
    assert_eq!(shown, all);
    let edges: Vec<_> = view.edges.iter().map(|e| (e.job_id, e.needs_id)).collect();
    let [top, left, right, bottom] = jobs[..] else {
        panic!()
    };
    let drawn = [(left, top), (right, top), (bottom, left), (bottom, right)];
    assert_eq!(edges, drawn);
}

async fn two_that_end_at_once_move_the_one_that_needs_both_once(arena: Arena) {
    let (here, there) = (arena.queue().await, arena.elsewhere().await);
    let (one, other) = (worker(&here).await, worker(&there).await);
    for number in 0..200 {
        let mut flow = Flow::new();
        let a = flow.add(ping(number));
        let b = flow.add(ping(number));
        flow.add(ping(number).after(a, CANCEL).after(b, OnFailure::Ignore));
        let jobs = start(&here, flow).await;
        let a = [(claim_one(&one).await, done())];
        let b = [(
            claim_one(&other).await,
            if number % 2 == 0 { done() } else { dead() },
        )];
        let (a, b) = tokio::join!(one.finish(&a), other.finish(&b));
        assert_eq!(
            (a.unwrap(), b.unwrap()),
            (vec![Finished::Accepted], vec![Finished::Accepted])
        );
        // The clocks of two engines differ a little: it may be due to one and not yet to the other.
        until(&here, jobs[2], |job| job.state == State::Waiting).await;
        let claimed = claim_one(&one).await;
        assert_eq!((claimed.job().id, claimed.fence()), (jobs[2], 1));
        end(&one, claimed, done()).await;
        assert!(one.claim(Ping::QUEUE, 9).await.unwrap().is_empty());
    }
}

/// A job `a`, and on it `b` that falls with it; on `b`: `c` that falls too, `d` that doesn't care
/// and `e` that is held.
async fn family(queue: &Queue) -> Vec<JobId> {
    let mut flow = Flow::new();
    let a = flow.add(ping(1));
    let b = flow.add(ping(2).after(a, CANCEL));
    flow.add(ping(3).after(b, CANCEL));
    flow.add(ping(4).after(b, OnFailure::Ignore));
    flow.add(ping(5).after(b, OnFailure::Hold));
    start(queue, flow).await
}

async fn a_failure_does_along_each_edge_what_the_edge_says(arena: Arena) {
    use State::{Blocked, Cancelled, Dead, Waiting};
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let jobs = family(&queue).await;
    run(&worker, jobs[0], dead()).await;
    let after = [Dead, Cancelled, Cancelled, Waiting, Blocked];
    assert_eq!(states(&queue, &jobs).await, after);
    assert!(why(&queue, jobs[1]).await.contains(&jobs[0].to_string()));
    assert!(why(&queue, jobs[2]).await.contains(&jobs[1].to_string()));
}

async fn a_retried_job_revives_what_was_cancelled_because_of_it(arena: Arena) {
    use State::{Blocked, Done, Waiting};
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let jobs = family(&queue).await;
    run(&worker, jobs[0], dead()).await;
    run(&worker, jobs[3], done()).await;
    let retried = queue.retry(Scope::Operator, jobs[0]).await.unwrap();
    assert_eq!(retried, Retried::Done);
    let revived = [Waiting, Blocked, Blocked, Done, Blocked];
    assert_eq!(states(&queue, &jobs).await, revived);
    assert!(job(&queue, jobs[1]).await.error.is_none());
    run(&worker, jobs[0], done()).await;
    run(&worker, jobs[1], done()).await;
    let on = [Done, Done, Waiting, Done, Waiting];
    assert_eq!(states(&queue, &jobs).await, on, "the held one goes on too");
}

async fn a_revived_job_whose_other_need_is_dead_is_cancelled_for_that(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = Flow::new();
    let (a, b) = (flow.add(ping(1)), flow.add(ping(2)));
    let c = flow.add(ping(3).after(a, CANCEL).after(b, CANCEL));
    flow.add(ping(4).after(c, CANCEL));
    let jobs = start(&queue, flow).await;
    for id in &jobs[..2] {
        run(&worker, *id, dead()).await;
    }
    assert!(why(&queue, jobs[2]).await.contains(&jobs[0].to_string()));
    queue.retry(Scope::Operator, jobs[0]).await.unwrap();
    for (id, cause) in [(jobs[2], jobs[1]), (jobs[3], jobs[2])] {
        assert_eq!(job(&queue, id).await.state, State::Cancelled);
        assert!(why(&queue, id).await.contains(&cause.to_string()));
    }
    queue.retry(Scope::Operator, jobs[1]).await.unwrap();
    let blocked = [State::Blocked, State::Blocked];
    assert_eq!(states(&queue, &jobs[2..]).await, blocked);
}

async fn a_job_cannot_be_retried_before_what_it_needs(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let jobs = start(&queue, chain(2)).await;
    let retry = async |id| queue.retry(Scope::Operator, id).await.unwrap();
    let cancelled = queue.cancel(Scope::Operator, jobs[1], "not now").await;
    assert_eq!(cancelled.unwrap(), Cancel::Done);
    assert_eq!(retry(jobs[1]).await, Retried::Done);
    assert_eq!(job(&queue, jobs[1]).await.state, State::Blocked);
    run(&worker, jobs[0], dead()).await;
    assert_eq!(retry(jobs[1]).await, Retried::NeedsFailed);
    assert_eq!(retry(jobs[0]).await, Retried::Done);
    run(&worker, jobs[0], done()).await;
    run(&worker, jobs[1], dead()).await;
    assert_eq!(retry(jobs[1]).await, Retried::Done);
    assert_eq!(job(&queue, jobs[1]).await.state, State::Waiting);
}

async fn who_needs_a_job_of_a_silent_worker_moves_when_that_is_given_up(arena: Arena) {
    let (past, future) = (noon(), noon());
    let queue = arena.queue_at(&future).await;
    let jobs = start(&queue, chain(2)).await;
    for lives in 1..=Ping::MAX_ATTEMPTS {
        let killed = worker(&arena.queue_at(&past).await).await;
        std::mem::forget(claim_one(&killed).await);
        drop(killed);
        future.advance(Duration::from_secs(7));
        assert_eq!(queue.rescue(false).await.unwrap(), 1);
        let given_up = lives == Ping::MAX_ATTEMPTS;
        let expected = if given_up {
            State::Cancelled
        } else {
            State::Blocked
        };
        assert_eq!(job(&queue, jobs[1]).await.state, expected);
        future.advance(Duration::from_mins(1));
        past.advance(Duration::from_secs(67));
        queue.promote_due().await.unwrap();
    }
}

async fn a_cancelled_job_takes_along_who_needs_it(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let waiting = start(&queue, chain(3)).await;
    let cancel = async |id| queue.cancel(Scope::Operator, id, "enough").await.unwrap();
    assert_eq!(cancel(waiting[0]).await, Cancel::Done);
    assert_eq!(states(&queue, &waiting).await, [State::Cancelled; 3]);
    // One that runs is cancelled when its body has stopped, or hands it back.
    for hands_back in [true, false] {
        let running = start(&queue, chain(2)).await;
        let claimed = claim_one(&worker).await;
        assert_eq!(cancel(running[0]).await, Cancel::Requested);
        assert_eq!(job(&queue, running[1]).await.state, State::Blocked);
        if hands_back {
            worker.give_back(&[claimed], true).await.unwrap();
        } else {
            let failed = Fault::transient("stopped", "half done");
            end(&worker, claimed, Outcome::Retry(failed)).await;
        }
        assert_eq!(states(&queue, &running).await, [State::Cancelled; 2]);
    }
}

async fn a_cancelled_flow_runs_no_more(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let mut flow = chain(3);
    flow.add(ping(9));
    let id = flow.id();
    let jobs = start(&queue, flow).await;
    run(&worker, jobs[0], done()).await;
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.job().id, jobs[3]);
    let cancelled = queue
        .cancel_flow(Scope::Operator, id, "enough")
        .await
        .unwrap();
    let expected = CancelledFlow {
        done: 2,
        requested: 1,
    };
    assert_eq!(cancelled, Some(expected));
    end(&worker, claimed, Outcome::Cancelled("told so".into())).await;
    let [first, rest @ ..] = &states(&queue, &jobs).await[..] else {
        panic!()
    };
    assert_eq!((*first, rest), (State::Done, &[State::Cancelled; 3][..]));
    assert_eq!(why(&queue, jobs[2]).await, "enough");
    let again = queue
        .cancel_flow(Scope::Operator, id, "enough")
        .await
        .unwrap();
    assert_eq!(again, Some(CancelledFlow::default()));
}

async fn a_job_that_is_not_due_is_scheduled_when_it_is_unblocked(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let worker = worker(&queue).await;
    let later = queue.now() + Duration::from_secs(3);
    let mut flow = Flow::new();
    let first = flow.add(ping(1));
    flow.add(ping(2).run_at(later).after(first, CANCEL));
    let jobs = start(&queue, flow).await;
    run(&worker, jobs[0], done()).await;
    let scheduled = job(&queue, jobs[1]).await;
    assert_eq!(
        (scheduled.state, scheduled.run_at),
        (State::Scheduled, later)
    );
    clock.advance(Duration::from_secs(3));
    until(&queue, jobs[1], |job| job.state == State::Waiting).await;
}

async fn a_flow_is_refused_whole(arena: Arena) {
    let queue = arena.queue().await;
    let refused = async |flow: Flow| {
        let id = flow.id();
        let refused = queue.enqueue_flow(flow).await;
        assert!(
            matches!(refused, Err(QueueError::Invalid { .. })),
            "{refused:?}"
        );
        assert!(queue.flow(Scope::Operator, id).await.unwrap().is_none());
    };
    let with = |job: NewJob| {
        let mut flow = chain(2);
        flow.add(job);
        flow
    };
    refused(Flow::new()).await;
    refused(with(ping(1).tenant(Uuid::now_v7()))).await;
    refused(with(ping(1).unique("a"))).await;
    refused(with(ping(1).priority(10))).await;
    let (mut one, mut other) = (Flow::new(), Flow::new());
    let foreign = one.add(ping(1));
    other.add(ping(2).after(foreign, CANCEL));
    refused(other).await;
    one.add(
        ping(2)
            .after(foreign, CANCEL)
            .after(foreign, OnFailure::Hold),
    );
    refused(one).await;
    let failed: Result<(), QueueError> = queue
        .transaction(|tx| {
            Box::pin(async move {
                tx.enqueue_flow(chain(3)).await?;
                Err(QueueError::LeaseLost)
            })
        })
        .await;
    assert!(failed.is_err());
    let worker = worker(&queue).await;
    assert!(worker.claim(Ping::QUEUE, 9).await.unwrap().is_empty());
}

async fn a_tenant_sees_and_cancels_nothing_of_another(arena: Arena) {
    let queue = arena.queue().await;
    let (own, other) = (Uuid::now_v7(), Uuid::now_v7());
    let mut flow = Flow::new();
    let first = flow.add(ping(1).tenant(own));
    flow.add(ping(2).tenant(own).after(first, CANCEL));
    let id = flow.id();
    let jobs = start(&queue, flow).await;
    let stranger = Scope::Tenant(other);
    assert!(queue.flow(stranger, id).await.unwrap().is_none());
    let meddled = queue.cancel_flow(stranger, id, "x").await.unwrap();
    assert_eq!(meddled, None);
    let begun = [State::Waiting, State::Blocked];
    assert_eq!(states(&queue, &jobs).await, begun);
    let owner = Scope::Tenant(own);
    let view = queue.flow(owner, id).await.unwrap().unwrap();
    assert_eq!((view.jobs.len(), view.edges.len()), (2, 1));
    let worker = worker(&queue).await;
    run(&worker, jobs[0], done()).await;
    let claimed = claim_one(&worker).await;
    assert_eq!(claimed.context().output_of::<Ping>().await, Ok(1));
    assert!(queue.cancel_flow(owner, id, "x").await.unwrap().is_some());
}

async fn nothing_is_left_for_the_net(arena: Arena) {
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let jobs = family(&queue).await;
    start(&queue, chain(3)).await;
    run(&worker, jobs[0], dead()).await;
    assert_eq!(queue.unblock(100).await.unwrap(), 0);
}

/// The states of two jobs are changed by other hands than the engine's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_net_catches_what_other_hands_left() {
    let arena = Arena::postgres().await;
    let queue = arena.queue().await;
    let (met, failed) = (start(&queue, chain(2)).await, start(&queue, chain(3)).await);
    let client = support::postgres::client(&arena.url).await;
    let change = format!(
        "UPDATE queue_jobs SET finished_at = now(), \
         state = CASE WHEN id = '{}' THEN 'done' ELSE 'cancelled' END WHERE id IN ('{}', '{}')",
        met[0], met[0], failed[0]
    );
    client.batch_execute(&change).await.unwrap();
    assert_eq!(queue.unblock(100).await.unwrap(), 3);
    assert_eq!(queue.unblock(100).await.unwrap(), 0);
    assert_eq!(job(&queue, met[1]).await.state, State::Waiting);
    assert_eq!(states(&queue, &failed).await, [State::Cancelled; 3]);
}

/// The end of a job and the move of who needs it are one commit: heard of or not, both or neither.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_not_answered_ends_and_moves_or_does_neither() {
    let arena = Arena::postgres().await;
    let (server, name) = arena
        .url
        .split_once('@')
        .unwrap()
        .1
        .split_once('/')
        .unwrap();
    let wire = support::wire::Wire::to(server).await;
    let through = format!("postgres://postgres@{}/{name}", wire.address());
    let pool = Pool::connect(&through, PoolOptions::default())
        .await
        .unwrap();
    let options = Options {
        clock: Some(Arc::new(noon())),
        ..options()
    };
    let queue = Queue::start(pool, options).await.unwrap();
    let worker = worker(&queue).await;
    let watcher = arena.queue().await;
    for words in ["COMMIT", "BEGIN"] {
        let jobs = start(&queue, chain(2)).await;
        let ends = [(claim_one(&worker).await, done())];
        wire.lose_the_next_answer_to(words);
        assert!(worker.finish(&ends).await.unwrap_err().is_transient());
        let both = [State::Done, State::Waiting];
        let neither = [State::Running, State::Blocked];
        let expected = if words == "COMMIT" { both } else { neither };
        // The server may not have seen yet that nobody hears it.
        until(&watcher, jobs[0], |job| job.state == expected[0]).await;
        assert_eq!(states(&watcher, &jobs).await, expected);
        let again = worker.finish(&ends).await.unwrap();
        let stale = words == "COMMIT";
        let answer = if stale {
            Finished::Stale
        } else {
            Finished::Accepted
        };
        assert_eq!(again, [answer]);
        assert_eq!(states(&watcher, &jobs).await, both);
        run(&worker, jobs[1], done()).await;
    }
}
