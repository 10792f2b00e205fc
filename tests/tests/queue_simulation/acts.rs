//! What people and the keeper do to jobs that are there.

use queue::{
    Cancel, EffectState, JobId, Page, Queue, QueueError, Resolution, Resolved, Retried, Scope,
};
use serde_json::json;
use support::dice::Dice;

use crate::process::Op;
use crate::world::World;

fn op(name: &str, future: impl Future<Output = ()> + 'static) -> Op {
    Op {
        name: name.to_owned(),
        future: Box::pin(future),
    }
}

/// The answer; an error that may pass is counted, any other is a breach.
fn answer<T>(world: &World, what: &str, result: Result<T, QueueError>) -> Option<T> {
    match result {
        Ok(answer) => Some(answer),
        Err(error) if error.is_transient() => {
            world.count("acts that failed");
            None
        }
        Err(error) => {
            world.breach(format!("{what}: {error}"));
            None
        }
    }
}

pub fn cancel(queue: &Queue, world: &World, id: JobId) -> Op {
    let (queue, world) = (queue.clone(), world.clone());
    op("cancel", async move {
        let cancelled = queue.cancel(Scope::Operator, id, "enough").await;
        match answer(&world, "cancel", cancelled) {
            Some(Cancel::Done) => world.count("cancelled"),
            Some(Cancel::Requested) => world.count("asked to stop"),
            _ => {}
        }
    })
}

pub fn cancel_flow_of(queue: &Queue, world: &World, id: JobId) -> Op {
    let (queue, world) = (queue.clone(), world.clone());
    op("cancel flow", async move {
        let job = queue.job(Scope::Operator, id).await;
        let Some(Some(job)) = answer(&world, "job", job) else {
            return;
        };
        if let Some(flow) = job.flow_id {
            let cancelled = queue.cancel_flow(Scope::Operator, flow, "enough").await;
            if let Some(Some(_)) = answer(&world, "cancel flow", cancelled) {
                world.count("flows cancelled");
            }
        }
    })
}

pub fn retry(queue: &Queue, world: &World, id: JobId) -> Op {
    let (queue, world) = (queue.clone(), world.clone());
    op("retry", async move {
        let retried = queue.retry(Scope::Operator, id).await;
        match answer(&world, "retry", retried) {
            Some(Retried::Done) => world.count("retried by a person"),
            Some(Retried::NeedsFailed) => world.count("retries refused for a need"),
            Some(Retried::Superseded) => world.count("retries refused for a key"),
            _ => {}
        }
    })
}

/// One of the keeper's chores, whoever does it.
pub fn chore(dice: &mut Dice, queue: &Queue, world: &World) -> Op {
    let (queue, world) = (queue.clone(), world.clone());
    match dice.below(8) {
        0..3 => op("rescue", rescue(queue, world)),
        3 | 4 => op("promote", promote(queue, world)),
        5 => op("tick", tick(queue, world)),
        6 => op("prune", async move {
            if let Some(count) = answer(&world, "prune", queue.prune().await)
                && count > 0
            {
                world.count("prunes");
            }
        }),
        _ => op("unblock", unblock(queue, world)),
    }
}

pub async fn rescue(queue: Queue, world: World) {
    if let Some(count) = answer(&world, "rescue", queue.rescue(true).await) {
        (0..count).for_each(|_| world.count("rescued by call"));
    }
}

pub async fn promote(queue: Queue, world: World) {
    answer(&world, "promote", queue.promote_due().await);
}

pub async fn tick(queue: Queue, world: World) {
    answer(&world, "tick", queue.tick_due().await);
}

/// There is never anything left to do.
pub async fn unblock(queue: Queue, world: World) {
    let moved = answer(&world, "unblock", queue.unblock(100).await);
    if moved.is_some_and(|count| count > 0) {
        world.breach(format!("{moved:?} jobs were left blocked"));
    }
}

/// What a person does about effects of which nobody knows: looks, and says.
pub async fn settle(queue: Queue, world: World, exact: bool) {
    let waiting = queue.ambiguous_effects(Scope::Operator, Page::default());
    let Some(waiting) = answer(&world, "ambiguous effects", waiting.await) else {
        return;
    };
    for effect in waiting {
        let (id, key) = (effect.job_id, effect.key.as_str());
        let found = if world.happened(&effect.token) {
            Resolution::Happened(json!(1))
        } else if world.is_on_its_way(&effect.token) || (!exact && world.bodies(id) > 0) {
            continue;
        } else {
            Resolution::NotHappened
        };
        assert_ne!(effect.state, EffectState::NotHappened);
        let resolved = queue
            .resolve_effect(Scope::Operator, (id, key), found, "")
            .await;
        if answer(&world, "resolve", resolved) == Some(Resolved::Done) {
            world.count("settled by a person");
        }
    }
}

pub fn settling(queue: &Queue, world: &World, exact: bool) -> Op {
    op("settle", settle(queue.clone(), world.clone(), exact))
}
