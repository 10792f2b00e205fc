//! The keeper: one process of all leads, and another takes over when it falls silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use queue::{
    Claimed, Clock as _, Contract as _, Duty, Filter, ManualClock, Options, Outcome, Page, Queue,
    QueueError, Scope, State, SystemClock, WorkerHandle,
};
use serde_json::json;

use crate::arena::{
    Arena, PATIENCE, Ping, claim_one, enqueue, noon, options, ping, soon, until, worker,
};

on_both! {
    one_of_four_leads_and_goes_on_leading,
    a_silent_leader_is_replaced_a_beat_after_its_lease_at_the_latest,
    a_leader_that_shuts_down_is_replaced_at_the_next_beat,
    a_process_that_slept_renews_its_own_lease_before_it_leads_again,
    duties_are_performed_by_the_leader_alone,
    a_silent_leaders_job_is_taken_back_two_beats_after_its_lease_at_the_latest,
    two_keepers_at_the_same_work_do_nothing_twice,
}

const BEAT: Duration = Duration::from_secs(1);
const LEASE_IN_BEATS: u32 = 6;
const MANY: usize = 2000;

/// A process with a clock of its own: it is silent while that stands.
struct Process {
    clock: ManualClock,
    queue: Queue,
    worker: WorkerHandle,
    performed: Arc<AtomicUsize>,
}

impl Process {
    async fn start(arena: &Arena) -> Self {
        let (clock, performed) = (noon(), Arc::new(AtomicUsize::new(0)));
        let counter = Arc::clone(&performed);
        let count = Duty::new("count", BEAT, move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
            async { Ok::<_, std::io::Error>(1) }
        });
        let options = Options {
            clock: Some(Arc::new(clock.clone())),
            duties: vec![count],
            ..options()
        };
        let queue = Queue::start(arena.pool.clone(), options).await.unwrap();
        Self {
            worker: worker(&queue).await,
            clock,
            queue,
            performed,
        }
    }

    /// Lets a beat pass, and awaits that the lease was renewed.
    async fn beat(&self) {
        self.clock.advance(BEAT);
        let renewed = self.queue.now() + options().lease;
        soon(|| self.worker.lease_until() == renewed).await;
    }
}

/// Waits until the leader has renewed its office at its clock's time.
async fn in_office(leader: &Process) {
    let renewed = leader.queue.now() + options().lease;
    let looking = async {
        while leader.queue.leader().await.unwrap().unwrap().until != renewed {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looking).await.unwrap();
}

async fn four(arena: &Arena) -> Vec<Process> {
    let mut processes = Vec::new();
    for _ in 0..4 {
        processes.push(Process::start(arena).await);
    }
    soon(|| leaders(&processes) == 1).await;
    processes
}

fn leaders(processes: &[Process]) -> usize {
    let led = processes.iter().filter(|process| process.worker.leads());
    led.count()
}

/// The leader, taken out of the rest.
fn take_leader(processes: &mut Vec<Process>) -> Process {
    let leads = |process: &Process| process.worker.leads();
    let at = processes.iter().position(leads).unwrap();
    processes.remove(at)
}

async fn one_of_four_leads_and_goes_on_leading(arena: Arena) {
    let mut processes = four(&arena).await;
    let leader = take_leader(&mut processes);
    for _ in 0..20 {
        leader.beat().await;
        in_office(&leader).await;
        for process in &processes {
            process.beat().await;
        }
        assert!(leader.worker.leads());
        assert_eq!(leaders(&processes), 0);
    }
    let known = leader.queue.leader().await.unwrap().unwrap();
    assert_eq!((known.worker_id, known.term), (leader.worker.id(), 1));
}

async fn a_silent_leader_is_replaced_a_beat_after_its_lease_at_the_latest(arena: Arena) {
    let mut processes = four(&arena).await;
    let silent = take_leader(&mut processes);
    for beat in 1..=LEASE_IN_BEATS {
        for process in &processes {
            process.beat().await;
        }
        assert!(beat == LEASE_IN_BEATS || leaders(&processes) == 0);
    }
    for process in &processes {
        process.beat().await;
    }
    soon(|| leaders(&processes) == 1).await;
    // The old one wakes. It knows before it asks anyone, and others know too.
    silent.clock.advance(BEAT * (LEASE_IN_BEATS + 1));
    assert!(!silent.worker.leads());
    silent.beat().await;
    assert!(!silent.worker.leads());
    let known = silent.queue.leader().await.unwrap().unwrap();
    assert_eq!(known.term, 2);
    assert_ne!(known.worker_id, silent.worker.id());
}

async fn a_leader_that_shuts_down_is_replaced_at_the_next_beat(arena: Arena) {
    let mut processes = four(&arena).await;
    let leaving = take_leader(&mut processes);
    leaving.worker.shutdown(Duration::ZERO).await.unwrap();
    assert!(!leaving.worker.leads());
    for process in &processes {
        process.beat().await;
    }
    soon(|| leaders(&processes) == 1).await;
}

async fn a_process_that_slept_renews_its_own_lease_before_it_leads_again(arena: Arena) {
    let process = Process::start(&arena).await;
    soon(|| process.worker.leads()).await;
    let before = process.worker.id();
    // It sleeps past everything and wakes: what it finds to rescue must not be itself.
    process.clock.advance(options().lease * 3);
    soon(|| process.worker.leads()).await;
    assert_eq!(process.worker.id(), before, "it was not written off");
    let known = process.queue.leader().await.unwrap().unwrap();
    assert_eq!(known.term, 2, "a lapse ends the term");
}

async fn duties_are_performed_by_the_leader_alone(arena: Arena) {
    let mut processes = four(&arena).await;
    let leader = take_leader(&mut processes);
    for round in 1..=3 {
        for process in processes.iter().chain([&leader]) {
            // More than a round and a tenth, and less than what is trusted.
            process.clock.advance(BEAT * 2);
        }
        soon(|| leader.performed.load(Ordering::Relaxed) >= round).await;
        in_office(&leader).await;
    }
    for process in &processes {
        assert_eq!(process.performed.load(Ordering::Relaxed), 0);
    }
}

async fn a_silent_leaders_job_is_taken_back_two_beats_after_its_lease_at_the_latest(arena: Arena) {
    let silent = Process::start(&arena).await;
    soon(|| silent.worker.leads()).await;
    let id = enqueue(&silent.queue, 1).await;
    let claimed = claim_one(&silent.worker).await;
    let other = Process::start(&arena).await;
    for _ in 0..LEASE_IN_BEATS + 2 {
        other.beat().await;
    }
    let job = until(&other.queue, id, |job| job.state != State::Running).await;
    assert_eq!(
        (job.attempt, job.error.unwrap().code.as_str()),
        (1, "lease_lost")
    );
    drop(claimed);
}

async fn two_keepers_at_the_same_work_do_nothing_twice(arena: Arena) {
    // Ids tell the machine's time, and pruning goes by them.
    let start = SystemClock::new().now() + Duration::from_hours(1);
    let (past, clock) = (ManualClock::at(start), ManualClock::at(start));
    let silent = worker(&arena.queue_at(&past).await).await;
    let (one, two) = (arena.queue_at(&clock).await, arena.queue_at(&clock).await);
    let done = claim_many(&silent).await.into_iter();
    let done: Vec<_> = done.map(|job| (job, Outcome::Done(json!(null)))).collect();
    silent.finish(&done).await.unwrap();
    let held = claim_many(&silent).await;

    clock.advance(Duration::from_hours(24 * 8));
    let (rescued, also, pruned, too) =
        tokio::join!(one.rescue(true), two.rescue(true), one.prune(), two.prune());
    assert_eq!(rescued.unwrap() + also.unwrap(), MANY);
    assert_eq!(pruned.unwrap() + too.unwrap(), MANY as u64);
    let mut page = Page {
        limit: 1000,
        after: None,
    };
    let mut left = 0;
    loop {
        let jobs = one
            .jobs(Scope::Operator, &Filter::default(), page)
            .await
            .unwrap();
        let Some(last) = jobs.last() else { break };
        page.after = Some(last.id);
        left += jobs.len();
        for job in jobs {
            assert_eq!((job.state, job.attempt), (State::Retrying, 1));
        }
    }
    assert_eq!(left, MANY);
    for claimed in held.iter().step_by(97) {
        let attempts = one.attempts(Scope::Operator, claimed.job().id).await;
        assert_eq!(attempts.unwrap().len(), 1);
    }
}

/// Enqueues many jobs and claims them all.
async fn claim_many(worker: &WorkerHandle) -> Vec<Claimed> {
    let enqueued = worker.queue().transaction::<_, QueueError, _>(|tx| {
        Box::pin(async move {
            for number in (0..).take(MANY) {
                tx.enqueue(ping(number)).await?;
            }
            Ok(())
        })
    });
    enqueued.await.unwrap();
    let mut claimed = Vec::new();
    while claimed.len() < MANY {
        claimed.extend(worker.claim(Ping::QUEUE, 500).await.unwrap());
    }
    claimed
}
