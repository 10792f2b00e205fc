//! What erasing stands on, and what there is of an artist's.

use db::Pool;
use jobs::erasing::{Answer, Erased, Eraser, Holdings, NotErased, Wish};
use models::{ArtistId, accounts, erasing};
use queue::{Actor, Queue, QueueError};
use storage::Storage;

use super::{course, objects};
use crate::InsightDesk;

/// Where artists are erased. Cheap to clone.
#[derive(Clone)]
pub struct ErasingDesk {
    pub(super) pool: Pool,
    pub(super) queue: Queue,
    pub(super) storage: Storage,
    pub(super) insight: Option<InsightDesk>,
}

impl ErasingDesk {
    /// On these parts; what is at hand in `insight` is let go of.
    pub fn new(pool: Pool, queue: Queue, storage: Storage, insight: InsightDesk) -> Self {
        Self {
            pool,
            queue,
            storage,
            insight: Some(insight),
        }
    }

    /// As [`Eraser::erase`], and tells each step once it is done.
    pub async fn erase_telling(
        &self,
        artist: ArtistId,
        by: Actor,
        wish: Wish,
        told: impl Fn(course::Step) + Send + Sync,
    ) -> Result<Erased, NotErased> {
        course::run(self, artist, by, wish, told).await
    }

    async fn look(&self, artist: ArtistId) -> Result<Holdings, NotErased> {
        let (row, rows) = {
            let mut db = self.pool.get().await.map_err(QueueError::from)?;
            let row = accounts::find(&mut db, artist).await;
            let rows = erasing::counts(&mut db, artist).await;
            (
                row.map_err(QueueError::from)?,
                rows.map_err(QueueError::from)?,
            )
        };
        let held = self.queue.tenant_held(artist.uuid()).await?;
        let stored = objects::measure(&self.storage, artist).await?;
        let nothing = held.jobs + held.schedules + held.acts + stored.objects == 0;
        if row.is_none() && nothing {
            return Err(NotErased::NotFound);
        }
        Ok(Holdings {
            artist_id: artist,
            name: row.map(|row| row.name),
            rows,
            jobs: held.jobs,
            unfinished_jobs: held.unfinished,
            schedules: held.schedules,
            acts: held.acts,
            objects: stored.objects,
            bytes: stored.bytes,
            unsettled_effects: held.unsettled,
        })
    }
}

impl Eraser for ErasingDesk {
    fn holdings(&self, artist: ArtistId) -> Answer<'_, Holdings> {
        Box::pin(self.look(artist))
    }

    fn erase(&self, artist: ArtistId, by: Actor, wish: Wish) -> Answer<'_, Erased> {
        Box::pin(self.erase_telling(artist, by, wish, |_| {}))
    }
}
