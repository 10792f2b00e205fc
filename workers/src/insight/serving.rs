//! Versions that may answer: found in the database, fetched from object storage, checked and kept
//! by `ml`.

use std::sync::Arc;

use futures::TryStreamExt;
use jobs::insight::Refusal;
use ml::MlError;
use ml::registry::{Key, Served};
use models::ArtistId;
use models::registry::{self, Alias, VersionRow};
use storage::{Storage, StorageError};
use tokio::runtime::Handle;

use super::desk::InsightDesk;

/// A version of the artist's own model: the one named, or else the champion.
pub async fn find(
    desk: &InsightDesk,
    artist: ArtistId,
    model: &str,
    version: Option<&str>,
) -> Result<VersionRow, Refusal> {
    let mut db = desk.pool.get().await.map_err(refused)?;
    let found = match version {
        Some(version) => registry::version(&mut db, artist, model, version).await,
        None => registry::holder(&mut db, artist, model, Alias::Champion).await,
    };
    let what = version.map_or("model", |_| "version");
    found.map_err(refused)?.ok_or(Refusal::NotFound(what))
}

/// The version behind a row, ready to answer.
pub async fn serve(desk: &InsightDesk, row: &VersionRow) -> Result<Arc<Served>, Refusal> {
    let version = row.version.parse().map_err(|error| unservable(&error))?;
    let key = Key::new(row.artist_id.to_string(), row.model.as_str(), version);
    if let Some(served) = desk.models.at_hand(&key) {
        return Ok(served);
    }
    let _turn = desk.loading.acquire().await.map_err(failed)?;
    let (models, storage) = (Arc::clone(&desk.models), desk.storage.clone());
    let object = storage::Key::new(row.object_key.clone()).map_err(failed)?;
    let size = u64::try_from(row.size_bytes).map_err(failed)?;
    let runtime = Handle::current();
    let loaded = tokio::task::spawn_blocking(move || {
        models.serve(&key, || runtime.block_on(fetch(&storage, &object, size)))
    });
    loaded.await.map_err(stopped)?.map_err(Refusal::from)
}

/// An object's bytes.
async fn fetch(
    storage: &Storage,
    key: &storage::Key,
    size_bytes: u64,
) -> Result<Vec<u8>, NotServed> {
    let mut pieces = storage.get_range(key, 0..size_bytes).await?;
    let mut bytes = Vec::with_capacity(usize::try_from(size_bytes).unwrap_or_default());
    while let Some(piece) = pieces.try_next().await? {
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Why a version is not served.
enum NotServed {
    Storage(StorageError),
    Model(MlError),
}

impl From<StorageError> for NotServed {
    fn from(error: StorageError) -> Self {
        Self::Storage(error)
    }
}

impl From<MlError> for NotServed {
    fn from(error: MlError) -> Self {
        Self::Model(error)
    }
}

impl From<NotServed> for Refusal {
    fn from(error: NotServed) -> Self {
        match error {
            NotServed::Model(error) => unservable(&error),
            // What the row names must be there, and as long as the row says.
            NotServed::Storage(error @ StorageError::NotFound { .. }) => Self::Unservable {
                code: error.code(),
                message: error.to_string(),
            },
            NotServed::Storage(error @ StorageError::BadRange { .. }) => {
                unservable(&MlError::ModelDamaged(error.to_string()))
            }
            NotServed::Storage(error) => Self::Unavailable(error.to_string()),
        }
    }
}

fn unservable(error: &MlError) -> Refusal {
    Refusal::Unservable {
        code: error.code(),
        message: error.to_string(),
    }
}

/// What the database answered, as a refusal.
#[expect(
    clippy::needless_pass_by_value,
    reason = "it is what an error is mapped by"
)]
pub fn refused(error: db::DbError) -> Refusal {
    if error.is_transient() {
        Refusal::Unavailable(error.to_string())
    } else {
        Refusal::Internal(error.to_string())
    }
}

/// A thread of ours that panicked or was dropped.
pub fn stopped(error: tokio::task::JoinError) -> Refusal {
    failed(error)
}

/// A fault of ours.
pub fn failed(error: impl std::fmt::Display) -> Refusal {
    Refusal::Internal(error.to_string())
}
