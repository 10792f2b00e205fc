//! A worker process that tests may kill: it runs the bodies of `support::chaos` until it is told
//! to stop, or the pipe from its test closes.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a process of a test says why it can't go on, and speaks to its test"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use db::{Db, Pool, PoolOptions, Time};
use diesel_async::SimpleAsyncConnection as _;
use queue::apalis::Backend;
use queue::{
    CallError, Context, Contract as _, EffectToken, Fault, Options, Outcome, Queue, QueueError,
    Reconciled,
};
use serde_json::json;
use support::chaos::{Asked, Deed, Kind, Outside, Poison};
use tokio::signal::unix::{SignalKind, signal};

/// How many steps a body of steps has, and how long each takes.
const STEPS: u64 = 40;
const STEP: Duration = Duration::from_millis(50);

#[derive(Debug, Clone)]
struct Place {
    outside: SocketAddr,
    /// After so long no request can be on its way any more; zero: nobody can tell, because its
    /// process may be frozen.
    known_after: Duration,
}

fn setting(name: &str) -> Option<String> {
    std::env::var(format!("CHAOS_{name}")).ok()
}

fn number(name: &str, otherwise: u64) -> u64 {
    setting(name).map_or(otherwise, |text| text.parse().expect("a number"))
}

#[tokio::main(worker_threads = 2)]
async fn main() {
    std::thread::spawn(|| {
        // Nobody writes to it: it ends when the test does.
        let _ = std::io::stdin().read_line(&mut String::new());
        std::process::exit(0);
    });
    let url = setting("URL").expect("CHAOS_URL");
    let place = Place {
        outside: setting("OUTSIDE")
            .expect("CHAOS_OUTSIDE")
            .parse()
            .expect("an address"),
        known_after: Duration::from_millis(number("KNOWN_AFTER_MS", 3000)),
    };
    let queue = loop {
        match start(&url).await {
            Ok(queue) => break queue,
            // As a supervisor would: the database may be away.
            Err(error) => eprintln!("not yet: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let handle = loop {
        match queue.register("chaos", [Deed::QUEUE]).await {
            Ok(handle) => break handle,
            Err(error) => eprintln!("not yet: {error}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let places = usize::try_from(number("CONCURRENCY", 8)).expect("a small number");
    let backend = Backend::new(&handle, Deed::QUEUE, places);
    let running = tokio::spawn(backend.run(move |context| body(context, place.clone())));
    println!("up");
    let mut terminate = signal(SignalKind::terminate()).expect("signals");
    terminate.recv().await;
    let grace = Duration::from_millis(number("GRACE_MS", 100));
    handle.shutdown(grace).await.expect("a clean end");
    running.await.expect("the worker").expect("its end");
}

async fn start(url: &str) -> Result<Queue, QueueError> {
    let pool = PoolOptions {
        max_connections: 6,
        wait: Duration::from_millis(number("WAIT_MS", 2000)),
        loan: Duration::from_millis(number("LOAN_MS", 30_000)),
        ..PoolOptions::default()
    };
    let pool = Pool::connect(url, pool).await?;
    let options = Options {
        lease: Duration::from_millis(number("LEASE_MS", 900)),
        beat: Duration::from_millis(number("BEAT_MS", 200)),
        poll: Duration::from_millis(number("POLL_MS", 1000)),
        redis_url: setting("REDIS"),
        ..Options::default()
    };
    Queue::start(pool, options).await
}

/// An attempt's own mark on whatever it writes.
fn tag() -> String {
    format!("#{}", uuid::Uuid::now_v7().simple())
}

async fn body(context: Context, place: Place) -> Outcome {
    if context.job().kind == Poison::KIND {
        std::process::abort();
    }
    let tag = tag();
    let deed = match context.payload::<Deed>() {
        Ok(deed) => deed,
        Err(fault) => return fault.into(),
    };
    let pause = Duration::from_millis(number("SLOW_MS", 300));
    let done = match deed.kind {
        Kind::Nothing => Ok(json!({ "tag": tag })),
        Kind::Everything => everything(&context, &place, &tag, Duration::ZERO).await,
        Kind::Slowly => everything(&context, &place, &tag, pause).await,
        Kind::Steps => steps(&context, &place, &tag).await,
    };
    done.map_err(|fault| Fault {
        message: tag,
        ..fault
    })
    .into()
}

/// Rude: it goes on after it was told that its job is lost, and counts how often it is refused.
async fn everything(
    context: &Context,
    place: &Place,
    tag: &str,
    pause: Duration,
) -> Result<serde_json::Value, Fault> {
    let mut lost = None;
    let mut refused = |result: Result<(), QueueError>| match result {
        Err(QueueError::LeaseLost) => {
            note(place, "refused");
            lost = Some(Fault::from(QueueError::LeaseLost));
            Ok(())
        }
        other => other.map_err(Fault::from),
    };
    context.progress(0.1, tag);
    tokio::time::sleep(pause).await;
    let saved = json!({ "tag": tag });
    refused(context.checkpoint().save(&saved).await)?;
    tokio::time::sleep(pause).await;
    refused(result(context, tag).await)?;
    tokio::time::sleep(pause).await;
    effect(context, place).await?;
    match lost {
        Some(fault) => Err(fault),
        None => Ok(json!({ "tag": tag })),
    }
}

fn note(place: &Place, what: &'static str) {
    let outside = place.outside;
    tokio::task::spawn_blocking(move || Outside::note(outside, what));
}

/// A row of the program's own, under the fence.
async fn result(context: &Context, tag: &str) -> Result<(), QueueError> {
    let (id, tag) = (context.job().id.uuid().simple().to_string(), tag.to_owned());
    context
        .fenced_tx::<(), QueueError, _>(move |tx| {
            Box::pin(async move {
                let id = match tx.db() {
                    Db::Pg(_) => format!("'{id}'"),
                    Db::Sqlite(_) => format!("X'{id}'"),
                };
                let sql = format!("INSERT INTO test_results VALUES ({id}, '{tag}')");
                db::on!(tx.db(), conn => conn.batch_execute(&sql).await)?;
                Ok(())
            })
        })
        .await
}

async fn effect(context: &Context, place: &Place) -> Result<(), Fault> {
    let outside = place.outside;
    let blocking = async |call: Arc<dyn Fn() -> std::io::Result<Asked> + Send + Sync>| {
        let called = tokio::task::spawn_blocking(move || call()).await;
        called
            .map_err(|error| Fault::transient("outside_broken", error))?
            .map_err(|error| Fault::transient("outside_silent", error))
    };
    let ask = async |token: EffectToken, since: Time| {
        note(place, "asked");
        let found = blocking(Arc::new(move || Outside::find(outside, &token))).await?;
        let known = since + place.known_after;
        match found {
            Asked::Happened(_) => Ok(Reconciled::Happened(1_u32)),
            Asked::Nothing if place.known_after.is_zero() => Ok(Reconciled::Unknown),
            Asked::Nothing if context.queue().now() > known => Ok(Reconciled::NotHappened),
            // A request may still be on its way.
            Asked::Nothing => Err(Fault::rate_limited(known, "too_early", "not known yet")),
        }
    };
    let call = async |token: EffectToken| {
        let posting = move || Outside::post(outside, &token).map(|()| Asked::Happened(1));
        let posted = blocking(Arc::new(posting)).await;
        posted.map(|_| 1_u32).map_err(CallError::unknown)
    };
    let effect = context.effects().effect("post");
    effect.reconcile(ask).call(call).await.map(drop)
}

/// Step by step, from where the attempt before came to.
async fn steps(context: &Context, place: &Place, tag: &str) -> Result<serde_json::Value, Fault> {
    let saved: Option<serde_json::Value> = context.checkpoint().load().await?;
    let from = saved
        .and_then(|saved| saved.get("step")?.as_u64())
        .unwrap_or(0);
    if from > 0 {
        note(place, "resumed");
    }
    for step in from..STEPS {
        let saved = json!({ "tag": tag, "step": step });
        context.checkpoint().save(&saved).await?;
        tokio::select! {
            () = tokio::time::sleep(STEP) => {}
            () = context.cancelled().cancelled_owned() => {
                return Err(Fault::transient("told_to_stop", "half done"));
            }
        }
    }
    effect(context, place).await?;
    Ok(json!({ "tag": tag, "resumed_from": from }))
}
