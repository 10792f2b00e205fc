//! Job contracts, one file a kind: what a job of that kind is asked (payload), what comes of it
//! (output), and how it is treated (policy). No bodies: this is what the intake and the docs know.

mod master_track;

pub use master_track::{MasterTrack, MasterTrackOutput};
pub use queue::Contract;

/// What is told of a kind without running it: for docs, the console and the registry's check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The kind's name, `verb_noun`.
    pub name: &'static str,
    /// The queue it runs in.
    pub queue: &'static str,
    /// How often it is tried at the most.
    pub max_attempts: i32,
    /// How long one attempt may take, seconds.
    pub timeout_seconds: u64,
    /// One sentence for people.
    pub summary: &'static str,
}

impl Kind {
    const fn of<C: Contract>(summary: &'static str) -> Self {
        Self {
            name: C::KIND,
            queue: C::QUEUE,
            max_attempts: C::MAX_ATTEMPTS,
            timeout_seconds: C::TIMEOUT.as_secs(),
            summary,
        }
    }
}

/// Every queue that a worker may be told to drain.
pub const QUEUES: &[&str] = &["studio", "delivery", "social", "ads", "insight", "mail"];

/// Every kind there is, in alphabetical order.
pub const KINDS: &[Kind] = &[Kind::of::<MasterTrack>(
    "Masters a track to a loudness target and reports what was done.",
)];
