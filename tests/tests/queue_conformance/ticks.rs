//! One tick, one job: whoever decides it, however late, and whatever stops or steps meanwhile.

use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use db::Time;
use queue::apalis::Backend;
use queue::{
    CatchUp, Fault, Filter, Job, JobId, ManualClock, NewSchedule, Outcome, Page, Queue, Scope,
    State, WorkerHandle,
};

use crate::arena::{Arena, PATIENCE, Ping, noon, soon, worker};
use crate::schedules::put;

on_both! {
    one_tick_makes_one_job_across_four_processes,
    late_ticks_follow_the_policy,
    a_decision_that_dies_half_way_leaves_neither_tick_nor_job,
    a_clock_that_steps_makes_no_second_job,
    a_worker_makes_jobs_to_the_moment_and_their_bodies_know_the_tick,
    pruning_keeps_the_newest_tick,
}

pub fn schedule(name: &str, cron: &str) -> NewSchedule {
    NewSchedule::of(name, &Ping { number: 7 }, cron, "UTC").unwrap()
}

/// All jobs, oldest first.
pub async fn jobs(queue: &Queue) -> Vec<Job> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit: 1000 };
        let some = queue.jobs(Scope::Operator, &Filter::default(), page).await;
        let some = some.unwrap();
        let Some(last) = some.last() else { break };
        after = Some(last.id);
        all.extend(some);
    }
    all.reverse();
    all
}

fn times(jobs: &[Job]) -> Vec<String> {
    let time = |job: &Job| job.run_at.utc().format("%H:%M:%S").to_string();
    jobs.iter().map(time).collect()
}

async fn one_tick_makes_one_job_across_four_processes(arena: Arena) {
    const SCHEDULES: usize = 12;
    const ROUNDS: usize = 60;
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    for number in 0..SCHEDULES {
        let new = schedule(&format!("every second {number}"), "* * * * * *");
        put(&queue, new.catch_up(CatchUp::All)).await;
    }
    let mut engines = Vec::new();
    for _ in 0..4 {
        engines.push(arena.elsewhere_at(&clock).await);
    }
    let mut made = 0;
    for _ in 0..ROUNDS {
        clock.advance(Duration::from_secs(3));
        let ticking = engines.iter().map(Queue::tick_due);
        let counts = futures::future::join_all(ticking).await;
        made += counts.into_iter().map(Result::unwrap).sum::<usize>();
    }
    // What another process had in its hands at the last look.
    made += queue.tick_due().await.unwrap();
    let ticks = SCHEDULES * ROUNDS * 3;
    assert_eq!(made, ticks);
    let jobs = jobs(&queue).await;
    assert_eq!(jobs.len(), ticks);
    let mut distinct = BTreeSet::new();
    for job in jobs {
        let tick = queue.tick_of(job.id).await.unwrap().unwrap();
        assert_eq!(tick.at, job.run_at);
        distinct.insert((tick.schedule_id, tick.at));
    }
    assert_eq!(distinct.len(), ticks);
}

async fn late_ticks_follow_the_policy(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let expected: [(_, &[&str], _); 3] = [
        (CatchUp::Skip, &["12:20:00"], 3),
        (CatchUp::Latest, &["12:20:00"], 3),
        (
            CatchUp::All,
            &["12:05:00", "12:10:00", "12:15:00", "12:20:00"],
            0,
        ),
    ];
    let mut put_each = Vec::new();
    for (policy, ..) in expected {
        let new = schedule(policy.as_str(), "*/5 * * * *").catch_up(policy);
        put_each.push(put(&queue, new).await);
    }
    clock.advance(Duration::from_mins(20) + Duration::from_secs(30));
    assert_eq!(queue.tick_due().await.unwrap(), 6);
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    let jobs = jobs(&queue).await;
    for ((policy, ticks, missed), before) in expected.into_iter().zip(put_each) {
        let mut own = Vec::new();
        for job in &jobs {
            let tick = queue.tick_of(job.id).await.unwrap().unwrap();
            if tick.schedule_id == before.id {
                own.push(job.clone());
            }
        }
        assert_eq!(times(&own), ticks, "{policy}");
        assert!(own.iter().all(|job| job.state == State::Waiting));
        let after = queue.schedule(Scope::Operator, before.id).await;
        let after = after.unwrap().unwrap();
        assert_eq!(after.missed, missed, "{policy}");
        assert_eq!(after.last_at, own.last().map(|job| job.run_at));
        assert_eq!(after.next_at, Some("2026-11-23T12:25:00Z".parse().unwrap()));
    }
}

/// Runs `future` for so many polls, and drops it then.
async fn cut<F: Future + Unpin>(mut future: F, polls: usize) -> Option<F::Output> {
    let mut left = polls;
    std::future::poll_fn(|cx| match Pin::new(&mut future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if left == 0 => Poll::Ready(None),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    })
    .await
}

async fn a_decision_that_dies_half_way_leaves_neither_tick_nor_job(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let new = schedule("every minute", "* * * * *").catch_up(CatchUp::All);
    let every = put(&queue, new).await;
    let (mut ticks, mut ended) = (0, 0);
    // One poll further each time, until it comes to its end.
    for polls in 0.. {
        clock.advance(Duration::from_mins(2));
        ticks += 2;
        ended += usize::from(cut(Box::pin(queue.tick_due()), polls).await.is_some());
        let decided = async {
            loop {
                // PostgreSQL may notice a moment later that the one who held the row is gone.
                queue.tick_due().await.unwrap();
                let now = queue.schedule(Scope::Operator, every.id).await.unwrap();
                if now.unwrap().next_at > Some(queue.now()) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, decided).await.unwrap();
        if ended == 3 {
            break;
        }
    }
    // A tick without its job would be one that is missing here, a job without its tick one more.
    let jobs = jobs(&queue).await;
    let distinct: BTreeSet<Time> = jobs.iter().map(|job| job.run_at).collect();
    assert_eq!((jobs.len(), distinct.len()), (ticks, ticks));
    for job in &jobs {
        let tick = queue.tick_of(job.id).await.unwrap().unwrap();
        assert_eq!(tick.at, job.run_at);
    }
}

async fn a_clock_that_steps_makes_no_second_job(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let every = put(
        &queue,
        schedule("every ten", "*/10 * * * *").catch_up(CatchUp::All),
    )
    .await;
    clock.advance(Duration::from_mins(30));
    assert_eq!(queue.tick_due().await.unwrap(), 3);
    // A process whose clock is an hour ahead makes what is not yet.
    let ahead = ManualClock::at(queue.now() + Duration::from_hours(1));
    let early = arena.elsewhere_at(&ahead).await;
    assert_eq!(early.tick_due().await.unwrap(), 6);
    // Back at the time, nothing is made again until the time comes to what was not made early.
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    let now = queue.schedule(Scope::Operator, every.id).await.unwrap();
    let next_at = now.unwrap().next_at;
    assert_eq!(next_at, Some("2026-11-23T12:40:00Z".parse().unwrap()));
    for _ in 0..6 {
        clock.advance(Duration::from_mins(10));
        assert_eq!(queue.tick_due().await.unwrap(), 0);
    }
    clock.advance(Duration::from_mins(10));
    assert_eq!(queue.tick_due().await.unwrap(), 1);
    // And one that is put anew in the past repeats nothing.
    let earlier = arena.elsewhere_at(&noon()).await;
    put(
        &earlier,
        schedule("every ten", "*/20 * * * *").catch_up(CatchUp::All),
    )
    .await;
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    let expected: Vec<_> = (1..=10)
        .map(|tens| format!("{}:{:02}:00", 12 + tens / 6, tens % 6 * 10))
        .collect();
    assert_eq!(times(&jobs(&queue).await), expected);
}

async fn a_worker_makes_jobs_to_the_moment_and_their_bodies_know_the_tick(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let handle = worker(&queue).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let backend = Backend::new(&handle, "pings", 1);
    let bodies = Arc::clone(&seen);
    tokio::spawn(backend.run(move |context| {
        let bodies = Arc::clone(&bodies);
        async move {
            let tick = context.tick().await.unwrap().unwrap();
            let job = context.job();
            bodies.lock().unwrap().push((job.attempt, job.run_at, tick));
            if job.attempt == 1 {
                Outcome::Retry(Fault::transient("later", "not yet"))
            } else {
                Outcome::Done(serde_json::json!(1))
            }
        }
    }));
    // Another process puts it, and the worker polls once an hour.
    let elsewhere = arena.elsewhere_at(&clock).await;
    let daily = put(&elsewhere, schedule("daily", "5 0 12 * * *")).await;
    let counted = |count: usize| seen.lock().unwrap().len() >= count;
    walk(&clock, &handle, || counted(1)).await;
    walk(&clock, &handle, || counted(2)).await;
    let seen = seen.lock().unwrap().clone();
    let at: Time = "2026-11-23T12:00:05Z".parse().unwrap();
    assert_eq!((seen[0].0, seen[0].1), (1, at));
    assert_eq!(seen[1].0, 2);
    assert!(seen[1].1 > at, "the back-off moved it");
    for (_, _, tick) in seen {
        assert_eq!((tick.schedule_id, tick.at), (daily.id, at));
    }
}

/// Lets time pass, a second at a time, while the lease holds, until it is as `wanted`.
async fn walk(clock: &ManualClock, handle: &WorkerHandle, wanted: impl Fn() -> bool) {
    let walking = async {
        while !wanted() {
            clock.advance(Duration::from_secs(1));
            soon(|| handle.lease_until() > handle.queue().now() + Duration::from_secs(4)).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, walking).await.unwrap();
}

async fn pruning_keeps_the_newest_tick(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    for name in ["one", "two"] {
        put(&queue, schedule(name, "* * * * *").catch_up(CatchUp::All)).await;
    }
    let mut made = Vec::new();
    for _ in 0..5 {
        clock.advance(Duration::from_mins(1));
        queue.tick_due().await.unwrap();
        made = jobs(&queue).await.iter().map(|job| job.id).collect();
    }
    let known = async |ids: &[JobId]| {
        let mut known = 0;
        for id in ids {
            known += usize::from(queue.tick_of(*id).await.unwrap().is_some());
        }
        known
    };
    assert_eq!(known(&made).await, 10);
    let two_ago = queue.now() - Duration::from_mins(2);
    assert_eq!(queue.prune_ticks(two_ago, 3).await.unwrap(), 3);
    assert_eq!(queue.prune_ticks(two_ago, 100).await.unwrap(), 1);
    assert_eq!(known(&made[4..]).await, 6, "the oldest went");
    let later = queue.now() + Duration::from_hours(1);
    assert_eq!(queue.prune_ticks(later, 100).await.unwrap(), 4);
    assert_eq!(known(&made[8..]).await, 2, "each keeps one");
}
