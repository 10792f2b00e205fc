//! What bodies do: rude ones, who go on after they were told that their job is lost.

use std::task::Poll;
use std::time::Duration;

use db::Db;
use diesel_async::SimpleAsyncConnection as _;
use queue::{
    CallError, Claimed, Context, EffectToken, Fault, Finished, Outcome, QueueError, Reconciled,
    WorkerHandle,
};
use serde_json::json;
use support::dice::Dice;

use crate::world::World;

/// What a body does on its way.
#[derive(Debug, Clone, Copy)]
pub enum Act {
    Progress,
    Checkpoint,
    /// A row of the program's own, under the fence.
    Result,
    /// Something outside; whether it can be asked for there, and what goes wrong.
    Effect(&'static str, bool, Mishap),
}

#[derive(Debug, Clone, Copy)]
pub enum Mishap {
    None,
    Refused,
    LostBefore,
    LostAfter,
}

/// How it ends, if nothing on its way ends it.
#[derive(Debug, Clone, Copy)]
pub enum End {
    Done,
    Retry,
    RateLimited,
    Snooze,
    Cancelled,
    Dead,
    /// It is forgotten, as by a panic of its runner.
    Forgotten,
}

/// What one attempt does.
#[derive(Debug, Clone)]
pub struct Script {
    pub acts: Vec<Act>,
    pub end: End,
}

impl Script {
    pub fn any(dice: &mut Dice) -> Self {
        let count = dice.below(4);
        let act = |dice: &mut Dice| match dice.below(8) {
            0 => Act::Progress,
            1 | 2 => Act::Checkpoint,
            3 => Act::Result,
            _ => {
                let key = if dice.percent(70) { "post" } else { "mail" };
                let mishap = match dice.below(8) {
                    0 => Mishap::Refused,
                    1 => Mishap::LostBefore,
                    2 => Mishap::LostAfter,
                    _ => Mishap::None,
                };
                Act::Effect(key, dice.percent(75), mishap)
            }
        };
        let acts = (0..count).map(|_| act(dice)).collect();
        let end = match dice.below(20) {
            0..4 => End::Retry,
            4 => End::RateLimited,
            5 | 6 => End::Snooze,
            7 => End::Cancelled,
            8 => End::Dead,
            9 => End::Forgotten,
            _ => End::Done,
        };
        Self { acts, end }
    }

    /// Nothing goes wrong any more.
    pub fn well() -> Self {
        Self {
            acts: vec![Act::Result, Act::Effect("post", true, Mishap::None)],
            end: End::Done,
        }
    }
}

/// A wait for anything: here a process can be frozen, or die.
pub async fn rest() {
    let mut rested = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut rested, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Runs one attempt from its claim to its end.
pub async fn attempt(
    (worker, claimed): (WorkerHandle, Claimed),
    script: Script,
    world: World,
    exact: bool,
) {
    let tag = world.tag();
    let outcome = {
        let _alive = world.body(claimed.job().id);
        let body = Body {
            context: claimed.context(),
            tag: tag.clone(),
            world: world.clone(),
            exact,
        };
        body.run(&script).await
    };
    let Some(outcome) = outcome else {
        world.count("forgotten");
        return;
    };
    world.count(&format!("said {}", outcome.name()));
    let mut ends = vec![(claimed, outcome)];
    // After an error nothing was settled. Whoever gives up has forgotten its job.
    for _ in 0..4 {
        match worker.finish(&ends).await {
            Ok(finished) if finished == [Finished::Stale] => {
                world.count("stale ends refused");
                break;
            }
            Ok(_) => break,
            Err(error) if error.is_transient() => world.count("ends that waited"),
            Err(error) => {
                world.breach(format!("an end was refused: {error}"));
                break;
            }
        }
        rest().await;
    }
    ends.clear();
}

struct Body {
    context: Context,
    tag: String,
    world: World,
    /// Whether all clocks agree, so that the other side can be asked exactly.
    exact: bool,
}

impl Body {
    async fn run(&self, script: &Script) -> Option<Outcome> {
        let mut failed = None;
        for act in &script.acts {
            rest().await;
            match self.act(*act).await {
                Ok(()) => {}
                // A rude body goes on, and is refused again.
                Err(fault) if fault.code == "lease_lost" => {
                    self.world.count("stale writes refused");
                    failed = Some(fault);
                }
                Err(fault) => {
                    failed.get_or_insert(fault);
                    break;
                }
            }
        }
        rest().await;
        if let Some(fault) = failed {
            let code = fault.code.clone();
            self.world.count(&format!("fault {code}"));
            return Some(
                Fault {
                    message: self.tag.clone(),
                    ..fault
                }
                .into(),
            );
        }
        let until = |wait| self.context.queue().now() + Duration::from_secs(wait);
        let tag = self.tag.clone();
        Some(match script.end {
            End::Done => Outcome::Done(json!({ "tag": tag })),
            End::Retry => Outcome::Retry(Fault::transient("unlucky", tag)),
            End::RateLimited => Outcome::Retry(Fault::rate_limited(until(20), "slowly", tag)),
            End::Snooze => Outcome::Snooze {
                until: until(5),
                why: tag,
            },
            End::Cancelled => Outcome::Cancelled(tag),
            End::Dead => Outcome::Dead(Fault::permanent("hopeless", tag)),
            End::Forgotten => return None,
        })
    }

    async fn act(&self, act: Act) -> Result<(), Fault> {
        let context = &self.context;
        match act {
            Act::Progress => {
                context.progress(0.5, &self.tag);
                // It is written by a task of its own.
                rest().await;
                rest().await;
            }
            Act::Checkpoint => {
                let saved = json!({ "tag": self.tag, "n": context.job().attempt });
                context.checkpoint().save(&saved).await?;
            }
            Act::Result => {
                let (id, tag) = (
                    context.job().id.uuid().simple().to_string(),
                    self.tag.clone(),
                );
                let write = context.fenced_tx::<(), QueueError, _>(move |tx| {
                    Box::pin(async move {
                        let (id, tag) = (id, tag);
                        let sql = match tx.db() {
                            Db::Pg(_) => {
                                format!("INSERT INTO test_results VALUES ('{id}', '{tag}')")
                            }
                            Db::Sqlite(_) => {
                                format!("INSERT INTO test_results VALUES (X'{id}', '{tag}')")
                            }
                        };
                        db::on!(tx.db(), conn => conn.batch_execute(&sql).await)?;
                        Ok(())
                    })
                });
                write.await?;
            }
            Act::Effect(key, asks, mishap) => self.effect(key, asks, mishap).await?,
        }
        Ok(())
    }

    async fn effect(&self, key: &str, asks: bool, mishap: Mishap) -> Result<(), Fault> {
        let world = &self.world;
        let silent = || Fault::transient("silent", "no answer");
        let call = async |token: EffectToken| {
            let sent = world.send(&token);
            rest().await;
            match mishap {
                Mishap::Refused => return Err(CallError::not_done(silent())),
                Mishap::LostBefore => return Err(CallError::unknown(silent())),
                _ => sent.arrive(),
            }
            rest().await;
            match mishap {
                Mishap::LostAfter => Err(CallError::unknown(silent())),
                _ => Ok(1_u32),
            }
        };
        let effect = self.context.effects().effect(key);
        if !asks {
            return effect.call(call).await.map(drop);
        }
        let job = self.context.job().id;
        let ask = async |token: EffectToken, _| {
            rest().await;
            world.count("asked outside");
            Ok(if world.happened(&token) {
                Reconciled::Happened(1)
            } else if world.is_on_its_way(&token) || (!self.exact && world.bodies(job) > 1) {
                Reconciled::Unknown
            } else {
                Reconciled::NotHappened
            })
        };
        effect.reconcile(ask).call(call).await.map(drop)
    }
}
