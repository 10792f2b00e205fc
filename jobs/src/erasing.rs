//! What an operator asks when an artist is to be forgotten. The intake knows no bodies' caches and
//! folders: whoever puts the program together hands it this trait, which `workers` implements.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::time::Duration;

use models::ArtistId;
use queue::{Actor, Effect, JobId};
use serde::Serialize;

/// An answer that takes its time.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, NotErased>> + Send + 'a>>;

/// How much there is of an artist's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Holdings {
    /// The artist.
    pub artist_id: ArtistId,
    /// What people call it; none: its row is gone, and only what is told here is left.
    pub name: Option<String>,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// Jobs, finished or not.
    pub jobs: u64,
    /// Those of them that are not finished.
    pub unfinished_jobs: u64,
    /// Schedules.
    pub schedules: u64,
    /// What the artist did itself, as the record of acts tells it.
    pub acts: u64,
    /// Files in object storage.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What its jobs did outside, or not: nobody knows. The first hundred.
    pub unsettled_effects: Vec<Effect>,
}

/// How an artist is to be erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// Effects of which nobody knows whether they happened are given up.
    pub abandon_effects: bool,
    /// How long what runs may take to stop.
    pub wait: Duration,
}

/// What was erased, over all runs that it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The artist.
    pub artist_id: ArtistId,
    /// Rows by table, `objects` and their `bytes`, `working_folders`, `abandoned_effects`.
    pub counts: BTreeMap<String, u64>,
    /// What the other side may know the effects by that were given up: the first hundred.
    pub abandoned: Vec<String>,
}

/// Why an artist is not erased, or not to its end.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NotErased {
    /// There is no such artist, nor was one erased within the time that acts are kept.
    #[error("there is no such artist")]
    NotFound,
    /// Nobody knows whether these happened, and they were not given up.
    #[error(
        "nobody knows whether {} happened; settle them once their jobs have ended, or give them up",
        told(.0)
    )]
    EffectsUnsettled(Vec<Effect>),
    /// These still run. Access has ended; whoever asks again goes on from there.
    #[error(
        "{} of its jobs did not stop in time ({}); ask again",
        .0.len(),
        .0.first().map(ToString::to_string).unwrap_or_default()
    )]
    StillRunning(Vec<JobId>),
    /// A needed part doesn't answer right now. Whoever asks again goes on from there.
    #[error("a needed part is unavailable: {0}")]
    Unavailable(String),
    /// A fault of ours.
    #[error("{0}")]
    Internal(String),
}

impl NotErased {
    /// The stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::EffectsUnsettled(_) => "effects_unsettled",
            Self::StillRunning(_) => "still_running",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }
}

/// The first few by job and key.
fn told(effects: &[Effect]) -> String {
    const NAMED: usize = 3;
    let named = effects.iter().take(NAMED);
    let named: Vec<_> = named
        .map(|effect| format!("`{}` of job {}", effect.key, effect.job_id))
        .collect();
    let more = effects.len().saturating_sub(NAMED);
    if more == 0 {
        named.join(", ")
    } else {
        format!("{} and {more} more", named.join(", "))
    }
}

impl From<queue::QueueError> for NotErased {
    fn from(error: queue::QueueError) -> Self {
        if error.is_transient() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Internal(error.to_string())
        }
    }
}

/// Whoever erases artists.
pub trait Eraser: Send + Sync {
    /// What there is of an artist's, or what an erasing has left of it.
    fn holdings(&self, artist: ArtistId) -> Answer<'_, Holdings>;

    /// Erases an artist. Asked again, it goes on from where it was, and finds nothing more in the end.
    fn erase(&self, artist: ArtistId, by: Actor, wish: Wish) -> Answer<'_, Erased>;
}
