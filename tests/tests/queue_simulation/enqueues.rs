//! Everything that makes jobs.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use db::{DbError, Time};
use queue::{
    Backoff, CatchUp, Contract, Enqueued, Flow, FlowJob, JobId, NewJob, NewSchedule, OnFailure,
    Queue, QueueError, Scope,
};
use serde::{Deserialize, Serialize};
use support::dice::Dice;
use uuid::Uuid;

use crate::process::{Op, QUEUE};
use crate::world::World;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Work {
    pub number: u64,
}

impl Contract for Work {
    const KIND: &'static str = "do_work";
    const QUEUE: &'static str = QUEUE;
    const MAX_ATTEMPTS: i32 = 3;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff = Backoff::exponential(Duration::from_secs(5), Duration::from_mins(1));
    type Output = ();
}

/// When each windowed key was given away, by the clock of who asked.
pub type Windows = Rc<RefCell<HashMap<String, Vec<Time>>>>;

const WINDOW: Duration = Duration::from_mins(1);

/// A transaction that its caller rolls back.
#[derive(Debug)]
enum Rolled {
    Back,
    Failed(QueueError),
}

impl From<QueueError> for Rolled {
    fn from(error: QueueError) -> Self {
        Self::Failed(error)
    }
}

impl From<DbError> for Rolled {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

/// A job of one of three tenants, in one of a few lanes.
fn job(dice: &mut Dice, now: Time) -> NewJob {
    let number = dice.bits() % 1000;
    let mut job = NewJob::of(&Work { number }).unwrap();
    let tenant = dice.below(4);
    if tenant > 0 {
        job = job.tenant(Uuid::from_u128(tenant as u128));
    }
    if dice.percent(20) {
        job = job.priority(2);
    }
    if dice.percent(20) {
        job = job.limited_by("narrow");
    }
    if dice.percent(25) {
        job = job.run_at(now + Duration::from_secs(dice.below(30) as u64));
    }
    job
}

/// What the caller of an enqueue knows afterwards.
fn note(world: &World, answer: Result<Enqueued, QueueError>) -> bool {
    match answer {
        Ok(enqueued) if enqueued.existing => world.count("joined"),
        Ok(enqueued) => {
            world.acknowledge(enqueued.id);
            world.count("acknowledged");
            return true;
        }
        Err(error) if error.is_transient() => world.count("enqueues that failed"),
        Err(error) => world.breach(format!("an enqueue was refused: {error}")),
    }
    false
}

fn note_all(world: &World, answers: Result<Vec<Enqueued>, QueueError>) {
    match answers {
        Ok(answers) => answers.into_iter().for_each(|one| {
            note(world, Ok(one));
        }),
        Err(error) => {
            note(world, Err(error));
        }
    }
}

/// Any of the ways to enqueue.
pub fn any(dice: &mut Dice, queue: &Queue, world: &World, windows: Option<&Windows>) -> Op {
    let (queue, world) = (queue.clone(), world.clone());
    let now = queue.now();
    let one = job(dice, now);
    match dice.below(10) {
        0 | 1 => op("enqueue", async move {
            note(&world, queue.enqueue(one).await);
        }),
        2 => {
            let jobs: Vec<_> = (0..2 + dice.below(3)).map(|_| job(dice, now)).collect();
            op("enqueue many", async move {
                note_all(&world, queue.enqueue_many(jobs).await);
            })
        }
        3 | 4 => {
            let one = one.unique(format!("key {}", dice.below(2)));
            op("enqueue unique", async move {
                note(&world, queue.enqueue(one).await);
            })
        }
        5 => windowed(dice, one, queue, world, windows.cloned()),
        6 => in_a_transaction(vec![one, job(dice, now)], queue, world),
        7 => rolled_back(vec![one, job(dice, now)], queue, world),
        8 => a_flow(dice, queue, world),
        _ => a_schedule(dice, queue, world),
    }
}

fn op(name: &str, future: impl Future<Output = ()> + 'static) -> Op {
    Op {
        name: name.to_owned(),
        future: Box::pin(future),
    }
}

fn windowed(
    dice: &mut Dice,
    one: NewJob,
    queue: Queue,
    world: World,
    windows: Option<Windows>,
) -> Op {
    let key = format!("window {}", dice.below(2));
    // One tenant's, so that keys meet.
    let one = one
        .tenant(Uuid::from_u128(1))
        .unique_for(key.clone(), WINDOW);
    op("enqueue windowed", async move {
        let now = queue.now();
        let answer = queue.enqueue(one).await;
        let existing = answer.as_ref().is_ok_and(|enqueued| enqueued.existing);
        if existing {
            world.count("joined within a window");
        }
        if let (true, Some(windows)) = (note(&world, answer), windows) {
            let mut windows = windows.borrow_mut();
            let given = windows.entry(key).or_default();
            let apart = |then: &Time| now.since(*then).max(then.since(now));
            if given.iter().any(|then| apart(then) < WINDOW) {
                world.breach(format!("two within one window: {given:?} and {now}"));
            }
            given.push(now);
        }
    })
}

fn in_a_transaction(jobs: Vec<NewJob>, queue: Queue, world: World) -> Op {
    op("transaction", async move {
        let enqueued = queue.transaction::<_, QueueError, _>(|tx| {
            Box::pin(async move {
                let mut jobs = jobs.into_iter();
                let mut answers = Vec::new();
                answers.extend(match jobs.next() {
                    Some(first) => Some(tx.enqueue(first).await?),
                    None => None,
                });
                answers.extend(tx.enqueue_many(jobs).await?);
                Ok(answers)
            })
        });
        note_all(&world, enqueued.await);
    })
}

fn rolled_back(jobs: Vec<NewJob>, queue: Queue, world: World) -> Op {
    op("transaction rolled back", async move {
        let mut named = Vec::new();
        let jobs: Vec<_> = jobs
            .into_iter()
            .map(|job| {
                let id = JobId::new();
                named.push(id);
                job.id(id)
            })
            .collect();
        for id in named {
            world.refuse(id);
        }
        let rolled = queue.transaction::<(), Rolled, _>(|tx| {
            Box::pin(async move {
                tx.enqueue_many(jobs).await?;
                Err(Rolled::Back)
            })
        });
        match rolled.await {
            Err(Rolled::Failed(error)) if !error.is_transient() => {
                world.breach(format!("a transaction was refused: {error}"));
            }
            Err(_) => world.count("rolled back"),
            Ok(()) => world.breach("a transaction was not rolled back".to_owned()),
        }
    })
}

fn a_flow(dice: &mut Dice, queue: Queue, world: World) -> Op {
    let mut flow = Flow::new();
    let mut steps = Vec::new();
    for number in 0..2 + dice.below(3) {
        let mut step = FlowJob::from(
            NewJob::of(&Work {
                number: number as u64,
            })
            .unwrap(),
        );
        for needed in &steps {
            if dice.percent(60) {
                let policies = [OnFailure::Cancel, OnFailure::Ignore, OnFailure::Hold];
                step = step.after(*needed, policies[dice.below(3)]);
            }
        }
        steps.push(flow.add(step));
    }
    op("enqueue flow", async move {
        match queue.enqueue_flow(flow).await {
            Ok(enqueued) => {
                world.count("flows");
                for id in enqueued.jobs {
                    world.acknowledge(id);
                }
            }
            Err(error) => {
                note(&world, Err(error));
            }
        }
    })
}

fn a_schedule(dice: &mut Dice, queue: Queue, world: World) -> Op {
    let policies = [CatchUp::Skip, CatchUp::Latest, CatchUp::All];
    let number = dice.below(2);
    let cron = ["* * * * *", "*/2 * * * *"][dice.below(2)];
    let work = Work { number: 7 };
    let new = NewSchedule::of(format!("schedule {number}"), &work, cron, "UTC").unwrap();
    let new = new.catch_up(policies[dice.below(3)]);
    op("put schedule", async move {
        match queue.put_schedule(Scope::Operator, new).await {
            Ok(_) => world.count("schedules put"),
            Err(error) => {
                note(&world, Err(error));
            }
        }
    })
}
