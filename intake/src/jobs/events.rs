//! `GET /v1/jobs/{id}/events`: a job's state and progress as server-sent events.

use std::time::Duration;

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpResponse, get};
use futures::Stream;
use futures::stream;
use queue::{JobId, Watch};
use tokio::time::Instant;

use super::show::find;
use super::view::Job;
use crate::app::App;
use crate::auth::Caller;
use crate::error::Problem;

/// Proxies and phones drop connections that are silent for longer than about half a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// A job's state and progress as they change.
///
/// Each event is named `job` and carries the job as JSON. The first one is the present state; the
/// stream ends after a final state.
#[utoipa::path(
    tag = "jobs",
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, description = "Events named `job`.", content_type = "text/event-stream", body = Job),
        (status = 401, body = Problem),
        (status = 404, body = Problem),
    ),
)]
#[get("/v1/jobs/{id}/events")]
pub async fn job_events(
    caller: Caller,
    app: Data<App>,
    id: Path<JobId>,
) -> Result<HttpResponse, Problem> {
    // Watch before reading, so that no change falls between the two.
    let watch = app.queue.watch(*id);
    let first = find(&app, caller, *id).await?;
    let follow = Follow {
        app,
        caller,
        id: *id,
        watch,
        first: Some(first),
        last: None,
        ended: false,
    };
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(events(follow)))
}

struct Follow {
    app: Data<App>,
    caller: Caller,
    id: JobId,
    watch: Watch,
    /// The job as it was when the stream was asked for, until it is sent.
    first: Option<queue::Job>,
    last: Option<Job>,
    ended: bool,
}

fn events(follow: Follow) -> impl Stream<Item = Result<Bytes, Problem>> {
    stream::unfold(follow, |mut follow| async move {
        if follow.ended {
            return None;
        }
        let event = follow.next().await;
        Some((event, follow))
    })
}

impl Follow {
    /// The next thing to send: a changed job, or a comment when there was no change for long.
    async fn next(&mut self) -> Result<Bytes, Problem> {
        let silent_until = Instant::now() + KEEP_ALIVE;
        loop {
            let job = match self.first.take() {
                Some(first) => first,
                None if self.changed(silent_until).await => {
                    find(&self.app, self.caller, self.id).await?
                }
                None => return Ok(Bytes::from_static(b": keep-alive\n\n")),
            };
            self.ended |= job.state.is_final();
            let job = Job::from(job);
            if self.ended || self.last.as_ref() != Some(&job) {
                let data = serde_json::to_string(&job).map_err(|e| Problem::internal(&e))?;
                self.last = Some(job);
                return Ok(Bytes::from(format!("event: job\ndata: {data}\n\n")));
            }
        }
    }

    /// Waits for a change; false when none came in time or the server is stopping.
    async fn changed(&mut self, until: Instant) -> bool {
        tokio::select! {
            () = self.watch.changed() => true,
            () = tokio::time::sleep_until(until) => false,
            () = self.app.stopping.cancelled() => {
                self.ended = true;
                false
            }
        }
    }
}
