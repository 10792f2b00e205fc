//! A job's server-sent events, one after the other.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a stream of another shape must fail the test loudly"
)]

use std::pin::Pin;
use std::time::Duration;

use futures::{Stream, StreamExt};
use reqwest::Response;

use crate::client::Job;
use crate::program::{patiently, within};

/// Keep-alive comments come for ever, so waiting for a job needs a limit of its own.
const LONGEST_JOB: Duration = Duration::from_mins(3);

type Chunks = Pin<Box<dyn Stream<Item = Result<Vec<u8>, reqwest::Error>> + Send>>;

/// The stream of one job.
pub struct Events {
    chunks: Chunks,
    unread: String,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        let kind = response
            .headers()
            .get("content-type")
            .expect("a content type");
        assert!(
            kind.as_bytes().starts_with(b"text/event-stream"),
            "{kind:?}"
        );
        let chunks = response
            .bytes_stream()
            .map(|chunk| chunk.map(|bytes| bytes.to_vec()));
        Self {
            chunks: Box::pin(chunks),
            unread: String::new(),
        }
    }

    /// The next event; none when the stream has ended or broken off.
    pub async fn next(&mut self) -> Option<Job> {
        loop {
            if let Some((event, rest)) = self.unread.split_once("\n\n") {
                let job = parsed(event);
                let rest = rest.to_owned();
                self.unread = rest;
                match job {
                    Some(job) => return Some(job),
                    None => continue,
                }
            }
            let chunk = patiently("an event", self.chunks.next()).await?.ok()?;
            self.unread += std::str::from_utf8(&chunk).expect("UTF-8, whole characters");
        }
    }

    /// The first event that is as wanted.
    ///
    /// # Panics
    /// When the stream ends before.
    pub async fn until(&mut self, what: &str, wanted: impl Fn(&Job) -> bool) -> Job {
        within(LONGEST_JOB, what, self.search(what, wanted)).await
    }

    /// Waits until the job runs and has come farther than `progress`, so that whatever happens
    /// next happens in the middle of it.
    pub async fn until_past(&mut self, progress: f32) -> Job {
        let there = |job: &Job| job.state == "running" && job.progress > progress;
        self.until("the middle", there).await
    }

    async fn search(&mut self, what: &str, wanted: impl Fn(&Job) -> bool) -> Job {
        let mut last = None;
        while let Some(job) = self.next().await {
            if wanted(&job) {
                return job;
            }
            last = Some(job);
        }
        panic!("the events ended before {what}; the last was {last:?}");
    }

    /// Every event until the stream ends.
    pub async fn all(mut self) -> Vec<Job> {
        let mut jobs = Vec::new();
        let reading = async {
            while let Some(job) = self.next().await {
                jobs.push(job);
            }
        };
        within(LONGEST_JOB, "the end of the events", reading).await;
        jobs
    }
}

/// A job; none for a comment.
fn parsed(event: &str) -> Option<Job> {
    let line = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data = line("data: ")?;
    assert_eq!(line("event: "), Some("job"), "{event}");
    Some(serde_json::from_str(data).expect("a job"))
}
