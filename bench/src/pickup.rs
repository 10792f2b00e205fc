//! How soon a lone job's body begins.

use std::time::{Duration, Instant};

use queue::apalis::Backend;
use queue::{Context, Contract as _, Outcome, Queue};
use tokio::sync::mpsc;

use crate::noop::{Noop, noop};
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

/// An event that has not come after this never will.
const PATIENCE: Duration = Duration::from_secs(30);

pub async fn run(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    // The enqueuer is an engine of its own, as an intake in another process is; on SQLite there
    // is one process.
    let enqueuer = if stage.store == "postgres" {
        Stage::open(settings).await?.queue
    } else {
        stage.queue.clone()
    };
    let handle = stage.queue.register("bench", [Noop::QUEUE]).await?;
    let (begun, mut begins) = mpsc::unbounded_channel();
    let body = move |_: Context| {
        let _ = begun.send(Instant::now());
        async { Outcome::Done(serde_json::Value::Null) }
    };
    let worker = tokio::spawn(Backend::new(&handle, Noop::QUEUE, 10).run(body));
    let (mut from_call, mut from_answer) = (Vec::new(), Vec::new());
    for number in 0..settings.jobs {
        let (call, answer) = one(&enqueuer, number, &mut begins).await?;
        from_call.push(call);
        from_answer.push(answer);
        tokio::time::sleep(settings.pause).await;
    }
    handle.shutdown(PATIENCE).await?;
    if let Ok(ended) = worker.await {
        ended?;
    }
    let figure = |mode: &str, from: &str, waits: Vec<Duration>| {
        let words = format!("pause={}ms, from {from}", settings.pause.as_millis());
        let total = waits.iter().sum();
        Figure::new(mode, stage.store, words, settings.jobs, total).with_waits(waits)
    };
    Ok(vec![
        figure("pickup", "the enqueue's call", from_call),
        figure("pickup-accepted", "the enqueue's answer", from_answer),
    ])
}

/// How long it takes from the call of enqueue to the start of the body, with two durable commits
/// on the way, and from the enqueue's answer, which a quick worker may outrun.
async fn one(
    queue: &Queue,
    number: u64,
    begins: &mut mpsc::UnboundedReceiver<Instant>,
) -> Result<(Duration, Duration), BenchError> {
    let called = Instant::now();
    queue.enqueue(noop(number)?).await?;
    let answered = Instant::now();
    let begun = tokio::time::timeout(PATIENCE, begins.recv()).await;
    let begun = begun.ok().flatten();
    let begun = begun.unwrap_or_else(Instant::now);
    let after = |moment| begun.saturating_duration_since(moment);
    Ok((after(called), after(answered)))
}
