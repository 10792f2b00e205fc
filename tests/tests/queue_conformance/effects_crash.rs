//! Effects under crashes: a process dies at any moment of any attempt, and the other side, which
//! recognises no repetition, is still asked at most once.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as Poller, Poll};
use std::time::Duration;

use db::{Pool, PoolOptions};
use queue::{
    CallError, Context, Contract as _, EffectState, Fault, JobId, ManualClock, Options, Outcome,
    Page, Queue, Reconciled, Resolution, Resolved, Scope, State,
};
use serde_json::json;
use support::dice::Dice;

use crate::arena::{Arena, Ping, job, nina, noon, options, ping};
use crate::effects::Blog;

/// Where an attempt goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    None,
    /// The process dies at its n-th wait for anything.
    DiesAtWait(u32),
    /// The intent is written and nothing was sent.
    DiesBeforeItHappens,
    /// It was sent and has happened; its answer has not come.
    DiesBeforeTheAnswer,
    /// The answer has come and is not written yet.
    DiesBeforeTheRecord,
    PanicsBeforeItHappens,
    PanicsBeforeTheAnswer,
    Refused,
    UnansweredBeforeItHappens,
    UnansweredAfterItHappened,
}

const CERTAIN: [Mishap; 9] = [
    Mishap::DiesBeforeItHappens,
    Mishap::DiesBeforeTheAnswer,
    Mishap::DiesBeforeTheRecord,
    Mishap::PanicsBeforeItHappens,
    Mishap::PanicsBeforeTheAnswer,
    Mishap::Refused,
    Mishap::UnansweredBeforeItHappens,
    Mishap::UnansweredAfterItHappened,
    Mishap::None,
];

/// A body that dies with its process: polled no more, and nothing of its runtime either.
struct Mortal<F> {
    body: Pin<Box<F>>,
    waits_left: Option<u32>,
    dead: Arc<AtomicBool>,
}

impl<F: Future> Future for Mortal<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Poller<'_>) -> Poll<Self::Output> {
        if let Poll::Ready(output) = self.body.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        if let Some(left) = &mut self.waits_left {
            *left = left.saturating_sub(1);
        }
        if self.waits_left == Some(0) || self.dead.load(Ordering::Relaxed) {
            return Poll::Ready(None);
        }
        Poll::Pending
    }
}

async fn body(
    context: Context,
    blog: Blog,
    mishap: Mishap,
    asks: bool,
    dead: Arc<AtomicBool>,
) -> Outcome {
    let die = async || {
        dead.store(true, Ordering::Relaxed);
        std::future::pending::<()>().await;
    };
    let silent = || Fault::transient("blog_silent", "no answer");
    let call = async |token: queue::EffectToken| {
        match mishap {
            Mishap::DiesBeforeItHappens => die().await,
            Mishap::PanicsBeforeItHappens => panic!("before it happened"),
            Mishap::Refused => return Err(CallError::not_done(silent())),
            Mishap::UnansweredBeforeItHappens => return Err(silent().into()),
            _ => {}
        }
        // A wait like any other, between the intent and its happening.
        tokio::task::yield_now().await;
        let number = blog.post(&token);
        tokio::task::yield_now().await;
        match mishap {
            Mishap::DiesBeforeTheAnswer => die().await,
            Mishap::PanicsBeforeTheAnswer => panic!("after it happened"),
            Mishap::UnansweredAfterItHappened => return Err(silent().into()),
            Mishap::DiesBeforeTheRecord => dead.store(true, Ordering::Relaxed),
            _ => {}
        }
        Ok(number)
    };
    let effect = context.effects().effect("post");
    let answer = if asks {
        let ask = async |token: queue::EffectToken, _| {
            Ok(match blog.find(&token) {
                Some(number) => Reconciled::Happened(number),
                None => Reconciled::NotHappened,
            })
        };
        effect.reconcile(ask).call(call).await
    } else {
        effect.call(call).await
    };
    answer.map(|number| json!(number)).into()
}

/// One process: it opens the database, claims the job, runs its body, and ends or dies.
fn process(url: &str, clock: ManualClock, blog: Blog, mishap: Mishap, asks: bool) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let pool = Pool::connect(url, PoolOptions::default()).await.unwrap();
        let options = Options {
            clock: Some(Arc::new(clock)),
            ..options()
        };
        let queue = Queue::start(pool, options).await.unwrap();
        let worker = queue.register("mortal", [Ping::QUEUE]).await.unwrap();
        let claimed = worker.claim(Ping::QUEUE, 1).await.unwrap().remove(0);
        let dead = Arc::new(AtomicBool::new(false));
        let body = body(claimed.context(), blog, mishap, asks, Arc::clone(&dead));
        let panicking = std::panic::AssertUnwindSafe(body);
        let mortal = Mortal {
            body: Box::pin(futures::FutureExt::catch_unwind(panicking)),
            waits_left: match mishap {
                Mishap::DiesAtWait(waits) => Some(waits),
                _ => None,
            },
            dead,
        };
        let Some(ended) = mortal.await else { return };
        let panicked = || Fault::transient("panicked", "within the call").into();
        let ends = [(claimed, ended.unwrap_or_else(|_| panicked()))];
        worker.finish(&ends).await.unwrap();
    });
    runtime.shutdown_background();
}

/// Lets processes come and go until the job is done, and answers how many it took.
async fn story(
    arena: &Arena,
    queue: &Queue,
    clock: &ManualClock,
    asks: bool,
    mut mishap: impl FnMut(u32) -> Mishap,
) -> u32 {
    let blog = Blog::default();
    let id = queue.enqueue(ping(1)).await.unwrap().id;
    for lives in 1.. {
        let (url, clock_there, blog_there) = (arena.url.clone(), clock.clone(), blog.clone());
        let mishap = mishap(lives);
        let life = move || process(&url, clock_there, blog_there, mishap, asks);
        tokio::task::spawn_blocking(life).await.unwrap();
        assert!(blog.count() <= 1, "doubled by {mishap:?} in life {lives}");
        clock.advance(Duration::from_secs(7));
        queue.rescue(true).await.unwrap();
        clock.advance(Duration::from_mins(1));
        queue.promote_due().await.unwrap();
        let now = job(queue, id).await;
        match now.state {
            State::Done => {
                assert_eq!((blog.count(), now.output), (1, Some(json!(1))));
                return lives;
            }
            State::Dead => settle(queue, id, &blog).await,
            State::Waiting => {}
            other => panic!("{other} after {mishap:?}"),
        }
    }
    unreachable!("it ends by itself")
}

/// What a person does about a dead job: looks, settles what is ambiguous, and retries it.
async fn settle(queue: &Queue, id: JobId, blog: &Blog) {
    let waiting = queue.ambiguous_effects(Scope::Operator, Page::default());
    for effect in waiting.await.unwrap() {
        assert_eq!((effect.job_id, effect.state), (id, EffectState::Ambiguous));
        let found = match blog.count() {
            0 => Resolution::NotHappened,
            _ => Resolution::Happened(json!(1)),
        };
        let settled = queue.resolve_effect(nina(), (id, "post"), found, "");
        assert_eq!(settled.await.unwrap(), Resolved::Done);
    }
    queue.retry(Scope::Operator, id).await.unwrap();
}

on_both! {
    no_single_mishap_doubles_an_effect,
}

async fn no_single_mishap_doubles_an_effect(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    for asks in [true, false] {
        for first in CERTAIN {
            let mishap = |life| if life == 1 { first } else { Mishap::None };
            let lives = story(&arena, &queue, &clock, asks, mishap).await;
            assert!(lives <= 3, "{first:?} took {lives} lives");
        }
    }
}

/// The next mishap; the seed is all that is needed to see a failure again.
fn any(dice: &mut Dice) -> Mishap {
    match dice.below(20) {
        certain @ 0..9 => CERTAIN[certain],
        _ => Mishap::DiesAtWait(1 + u32::try_from(dice.below(24)).unwrap()),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_chain_of_mishaps_doubles_an_effect() {
    let arena = Arena::sqlite().await;
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let mut lives = 0;
    for seed in 0..300 {
        println!("seed {seed}");
        let mut dice = Dice(seed);
        let asks = dice.below(2) == 0;
        lives += story(&arena, &queue, &clock, asks, |_| any(&mut dice)).await;
    }
    println!("{lives} lives");
    assert!(lives > 450, "few died: {lives} lives");
}

/// The database keeps what it was told, and the one who told it doesn't hear so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_not_answered_neither_loses_nor_doubles_an_effect() {
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
    let worker = crate::arena::worker(&queue).await;
    for of_the_intent in [true, false] {
        let blog = Blog::default();
        let id = queue.enqueue(ping(1)).await.unwrap().id;
        let claimed = crate::arena::claim_one(&worker).await;
        if of_the_intent {
            wire.lose_the_next_answer_to("COMMIT");
        }
        let answer = claimed
            .context()
            .effects()
            .once("post", async |token| {
                if !of_the_intent {
                    wire.lose_the_next_answer_to("COMMIT");
                }
                Ok(blog.post(&token))
            })
            .await;
        assert_eq!((answer, blog.count()), (Ok(1), 1));
        let effects = queue.effects(Scope::Operator, id).await.unwrap();
        assert_eq!(effects[0].state, EffectState::Happened);
        worker
            .finish(&[(claimed, Outcome::Done(json!(1)))])
            .await
            .unwrap();
    }
}
