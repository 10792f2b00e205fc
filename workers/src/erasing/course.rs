//! The course of an erasing. Each step may be done again, so whatever dies, the next run goes on; and
//! rows go when nobody can ask for them any more.

use std::collections::BTreeMap;
use std::sync::Arc;

use jobs::erasing::{Erased, NotErased, Wish};
use models::{ArtistId, accounts, erasing};
use queue::{ActId, Actor, ErasedTenant, QueueError};

use super::desk::ErasingDesk;
use super::objects;

/// How often a transaction is tried that others were in the way of.
const MOST_TRIES: u32 = 5;
/// How often it is looked for jobs that came meanwhile.
const MOST_ROUNDS: u32 = 20;
/// How many rows of a large table one transaction deletes.
const ROWS: u32 = 20_000;
/// Why jobs are cancelled.
const WHY: &str = "the artist is erased";

/// What is done of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// No token speaks for the artist any more.
    AccessEnded,
    /// No job of its runs, and no schedule makes one.
    Stopped,
    /// No row is left.
    RowsGone,
    /// No job is left.
    JobsGone,
    /// No file is left.
    FilesGone,
}

impl Step {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::AccessEnded => "access has ended",
            Self::Stopped => "nothing of it runs",
            Self::RowsGone => "its rows are gone",
            Self::JobsGone => "its jobs are gone",
            Self::FilesGone => "its files are gone",
        }
    }
}

/// One run.
struct Course<'a> {
    desk: &'a ErasingDesk,
    artist: ArtistId,
    wish: Wish,
    act: ActId,
}

/// Runs to the end, or says why not.
pub async fn run(
    desk: &ErasingDesk,
    artist: ArtistId,
    by: Actor,
    wish: Wish,
    told: impl Fn(Step) + Send + Sync,
) -> Result<Erased, NotErased> {
    if !wish.abandon_effects {
        settled(desk, artist).await?;
    }
    let course = Course {
        desk,
        artist,
        wish,
        act: end_access(desk, artist, by).await?,
    };
    tracing::info!(tenant.id = %artist, act.id = %course.act, "an artist is erased");
    told(Step::AccessEnded);
    course.stop().await?;
    if !wish.abandon_effects {
        // Those of what ran a moment ago have an end now, or only a person can give them one.
        settled(desk, artist).await?;
    }
    told(Step::Stopped);
    course.rows().await?;
    if let Some(insight) = &desk.insight {
        insight.forget(artist);
    }
    told(Step::RowsGone);
    course.jobs().await?;
    told(Step::JobsGone);
    course.files().await?;
    told(Step::FilesGone);
    let erasing = desk.queue.end_erasing(course.act).await?;
    Ok(Erased {
        artist_id: artist,
        counts: erasing.counts,
        abandoned: erasing.abandoned,
    })
}

/// Refuses where nobody knows whether something happened outside.
async fn settled(desk: &ErasingDesk, artist: ArtistId) -> Result<(), NotErased> {
    let held = desk.queue.tenant_held(artist.uuid()).await?;
    if held.unsettled.is_empty() {
        Ok(())
    } else {
        Err(NotErased::EffectsUnsettled(held.unsettled))
    }
}

/// Deletes the tokens and writes down that the artist is being erased, in one transaction; or finds what
/// an earlier run wrote.
async fn end_access(desk: &ErasingDesk, artist: ArtistId, by: Actor) -> Result<ActId, NotErased> {
    let begun = tried(|| {
        let by = by.clone();
        desk.queue.transaction(move |tx| {
            Box::pin(async move {
                let Some(tokens) = erasing::end_access(tx.db(), artist).await? else {
                    return Ok(None);
                };
                let act = tx.begin_erasing(&by, artist.uuid()).await?;
                let counts = BTreeMap::from([("api_tokens".to_owned(), tokens)]);
                tx.tell_erasing(act, &counts).await?;
                Ok::<_, QueueError>(Some(act))
            })
        })
    });
    if let Some(act) = begun.await? {
        return Ok(act);
    }
    // The row is gone already: an earlier run came so far.
    let before = desk.queue.erasing_of(artist.uuid()).await?;
    before.map(|(act, _)| act).ok_or(NotErased::NotFound)
}

impl Course<'_> {
    /// Nothing waits, nothing ticks, nothing runs.
    async fn stop(&self) -> Result<(), NotErased> {
        let (queue, tenant) = (&self.desk.queue, self.artist.uuid());
        tried(|| queue.stop_tenant(self.act, tenant, WHY)).await?;
        let running = queue.tenant_quiet(tenant, self.wish.wait).await?;
        if running.is_empty() {
            Ok(())
        } else {
            Err(NotErased::StillRunning(running))
        }
    }

    /// What there may be very much of goes a stretch at a time, all the rest in one transaction.
    async fn rows(&self) -> Result<(), NotErased> {
        let artist = self.artist;
        while self
            .told(move |tx| Box::pin(erasing::erase_many(tx.db(), artist, ROWS)))
            .await?
        {}
        self.told(move |tx| {
            Box::pin(async move {
                let gone = erasing::erase(tx.db(), artist).await?;
                Ok(gone.unwrap_or_default())
            })
        })
        .await?;
        Ok(())
    }

    /// Jobs, those too that came until the row was gone: nobody enqueues any after that.
    async fn jobs(&self) -> Result<(), NotErased> {
        let (queue, tenant) = (&self.desk.queue, self.artist.uuid());
        for _ in 0..MOST_ROUNDS {
            self.stop().await?;
            let folders = objects::remove_kept(&self.desk.storage, queue, self.artist).await?;
            self.tell(&[("working_folders", folders)]).await?;
            let abandon = self.wish.abandon_effects;
            match tried(|| queue.erase_tenant(self.act, tenant, abandon)).await? {
                ErasedTenant::Gone => return Ok(()),
                ErasedTenant::Left => {}
                ErasedTenant::Unsettled(effects) => {
                    return Err(NotErased::EffectsUnsettled(effects));
                }
            }
        }
        Err(NotErased::StillRunning(Vec::new()))
    }

    async fn files(&self) -> Result<(), NotErased> {
        objects::delete(&self.desk.storage, self.artist, |gone| async move {
            self.tell(&[("objects", gone.objects), ("bytes", gone.bytes)])
                .await
        })
        .await
    }

    async fn tell(&self, counts: &[(&str, u64)]) -> Result<(), NotErased> {
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: BTreeMap<_, _> = counts
            .map(|(word, count)| ((*word).to_owned(), *count))
            .collect();
        if !counts.is_empty() {
            let counts = Arc::new(counts);
            self.told(move |_| {
                let counts = Arc::clone(&counts);
                Box::pin(async move { Ok((*counts).clone()) })
            })
            .await?;
        }
        Ok(())
    }

    /// Erases in one transaction with what the act tells of it; false: there was nothing.
    async fn told<F>(&self, erase: F) -> Result<bool, NotErased>
    where
        F: for<'t, 'c> Fn(
                &'t mut queue::Tx<'c>,
            ) -> futures::future::BoxFuture<
                't,
                Result<BTreeMap<String, u64>, db::DbError>,
            > + Clone
            + Send
            + Sync
            + 'static,
    {
        let act = self.act;
        let gone = tried(|| {
            let erase = erase.clone();
            self.desk.queue.transaction(move |tx| {
                Box::pin(async move {
                    let counts = erase(tx).await?;
                    tx.tell_erasing(act, &counts).await?;
                    Ok::<_, QueueError>(!counts.is_empty())
                })
            })
        });
        Ok(gone.await?)
    }
}

/// Whoever writes at the same moment may be in the way: PostgreSQL ends one of two that wait for each
/// other.
async fn tried<T, F>(verb: impl Fn() -> F) -> Result<T, QueueError>
where
    F: Future<Output = Result<T, QueueError>>,
{
    let mut tries = 1..MOST_TRIES;
    loop {
        match verb().await {
            Err(error) if error.is_transient() && tries.next().is_some() => {
                tracing::debug!(%error, "a step of an erasing is tried again");
            }
            ended => return ended,
        }
    }
}

/// Whether the artist's row stands.
pub async fn stands(desk: &ErasingDesk, artist: ArtistId) -> Result<bool, QueueError> {
    let mut db = desk.pool.get().await?;
    Ok(accounts::find(&mut db, artist).await?.is_some())
}
