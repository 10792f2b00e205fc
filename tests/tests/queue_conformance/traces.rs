//! Traces: what a request led to is found by one id, from the enqueue to what happened outside.

use std::io::Write;
use std::sync::{Arc, Mutex};

use queue::apalis::Backend;
use queue::{Context, JobId, Outcome, State, TraceId};
use serde_json::{Value, json};

use crate::arena::{Arena, enqueue, job, ping, until, worker};

on_both! {
    a_job_belongs_to_the_trace_it_was_made_in,
    what_a_body_enqueues_belongs_to_its_jobs_trace,
}

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn trace() -> TraceId {
    TRACE.parse().unwrap()
}

async fn a_job_belongs_to_the_trace_it_was_made_in(arena: Arena) {
    let queue = arena.queue().await;
    let single = trace().scope(enqueue(&queue, 1)).await;
    let many = trace().scope(async { [ping(2), ping(3)] }).await;
    let many = queue.enqueue_many(many.to_vec()).await.unwrap();
    let alone = enqueue(&queue, 4).await;
    for id in [single, many[0].id, many[1].id] {
        assert_eq!(job(&queue, id).await.trace_id, trace());
    }
    let own = alone.uuid().simple().to_string();
    assert_eq!(job(&queue, alone).await.trace_id.to_string(), own);
    let claimed = worker(&queue).await.claim("pings", 4).await.unwrap();
    let mut claimed: Vec<_> = claimed.iter().map(|one| one.job().trace_id).collect();
    claimed.retain(|id| *id == trace());
    assert_eq!(claimed.len(), 3);
}

async fn what_a_body_enqueues_belongs_to_its_jobs_trace(arena: Arena) {
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    let next = queue.clone();
    let body = move |context: Context| {
        let next = next.clone();
        async move {
            if context.job().payload["number"] == 2 {
                return Outcome::Done(Value::Null);
            }
            Outcome::Done(json!(enqueue(&next, 2).await))
        }
    };
    tokio::spawn(Backend::new(&handle, "pings", 1).run(body));
    for (first, wanted) in [
        (trace().scope(enqueue(&queue, 1)).await, Some(trace())),
        (enqueue(&queue, 1).await, None),
    ] {
        let first = until(&queue, first, |job| job.state == State::Done).await;
        let second: JobId = serde_json::from_value(first.output.unwrap()).unwrap();
        let second = job(&queue, second).await.trace_id;
        assert_eq!((first.trace_id, second), (second, wanted.unwrap_or(second)));
    }
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    /// The names of the spans around the line that says `message`, each with its trace.
    fn spans_of(&self, message: &str) -> Vec<(String, String)> {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        let lines = text.lines().map(|line| serde_json::from_str(line).unwrap());
        let said = |line: &Value| line["fields"]["message"] == message;
        let line = lines.into_iter().find(said).unwrap();
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let span = |span: &Value| (word(&span["name"]), word(&span["trace.id"]));
        line["spans"].as_array().unwrap().iter().map(span).collect()
    }
}

async fn lines_say_the_trace(arena: Arena) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let posted = |context: Context| async move {
        tracing::info!("the body speaks");
        let effects = context.effects();
        let post = effects.once("post", async |_| {
            tracing::info!("a post goes out");
            Ok(1)
        });
        Outcome::Done(json!(post.await.unwrap()))
    };
    // That of this thread: all that these tests spawn runs on it.
    let _default = tracing::subscriber::set_default(subscriber);
    let queue = arena.queue().await;
    let handle = worker(&queue).await;
    tokio::spawn(Backend::new(&handle, "pings", 1).run(posted));
    let id = trace().scope(enqueue(&queue, 1)).await;
    until(&queue, id, |job| job.state == State::Done).await;
    handle.shutdown(crate::arena::PATIENCE).await.unwrap();
    let span = |name: &str| (name.to_owned(), TRACE.to_owned());
    assert_eq!(log.spans_of("the body speaks"), [span("job")]);
    assert_eq!(
        log.spans_of("a post goes out"),
        [span("job"), span("effect")]
    );
    assert_eq!(log.spans_of("an attempt ended"), [span("job")]);
}

#[tokio::test]
async fn every_line_of_a_body_and_its_effects_says_the_trace_on_sqlite() {
    lines_say_the_trace(Arena::sqlite().await).await;
}

#[tokio::test]
async fn every_line_of_a_body_and_its_effects_says_the_trace_on_postgres() {
    lines_say_the_trace(Arena::postgres().await).await;
}
