//! Keeps what a body made. The bytes are put into a folder of this attempt's own, then one fenced
//! transaction makes them all the result: whatever dies, there is one result, whole, and no attempt
//! writes over another's.

use models::artifacts::{Artifact, Owner, OwnerKind, ResultRow};
use models::{AlbumId, AnalysisId, MasterId, albums, analyses, masters};
use queue::{Context, Fault, QueueError, StopReason};
use serde_json::Value;
use storage::{Key, Spooled};

use crate::ending::Ending;
use crate::environment::Environment;

/// What a body made.
pub struct Made {
    /// Its files, in their order.
    pub files: Vec<MadeFile>,
    /// What is told of them.
    pub report: Value,
}

/// One file of it.
pub struct MadeFile {
    /// Its name among the files of its owner: a part of an address and of an object's name.
    pub name: String,
    /// What its bytes are, in a word.
    pub format: &'static str,
    /// Their media type.
    pub media_type: &'static str,
    /// The bytes.
    pub bytes: Spooled,
}

/// Runs work that keeps a core busy on a thread of its own. When the job is cancelled meanwhile,
/// nothing of it stays in object storage.
pub async fn aside<T: Send + 'static>(
    environment: &Environment,
    context: &Context,
    owner: Owner,
    work: impl FnOnce() -> Result<T, Ending> + Send + 'static,
) -> Result<T, Ending> {
    let ended = tokio::task::spawn_blocking(work).await;
    if matches!(context.stop_reason(), Some(StopReason::Cancelled(_))) {
        sweep(environment, owner, &[]).await;
    }
    ended.map_err(Ending::died)?
}

/// Makes it the owner's result.
pub async fn keep(
    environment: &Environment,
    context: &Context,
    owner: Owner,
    made: Made,
) -> Result<(), Ending> {
    let (files, keys) = put(environment, owner, made.files).await?;
    let result = ResultRow {
        files,
        report: made.report,
        completed_at: environment.queue.now(),
    };
    match record(context, owner, result).await {
        Ok(true) => {
            sweep(environment, owner, &keys).await;
            Ok(())
        }
        // There is a result already, or the owner is gone: the next attempt sees which.
        Ok(false) => {
            discard(environment, &keys).await;
            Err(Fault::transient("result_not_taken", "the row took no result").into())
        }
        // Whoever holds the job now makes the result; these bytes will never be named.
        Err(QueueError::LeaseLost) => {
            discard(environment, &keys).await;
            Err(QueueError::LeaseLost.into())
        }
        // The commit may or may not have happened: the bytes stay, and the next attempt sees.
        Err(error) => Err(error.into()),
    }
}

/// Removes what other attempts than the one that made `files` left behind.
pub async fn sweep_losers(
    environment: &Environment,
    owner: Owner,
    files: &[Artifact],
) -> Result<(), Ending> {
    let keys = files.iter().map(|file| Key::new(file.object_key.clone()));
    let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
    sweep(environment, owner, &keys).await;
    Ok(())
}

async fn put(
    environment: &Environment,
    owner: Owner,
    made: Vec<MadeFile>,
) -> Result<(Vec<Artifact>, Vec<Key>), Ending> {
    let folder = owner.attempt_folder();
    let mut files = Vec::with_capacity(made.len());
    let mut keys = Vec::with_capacity(made.len());
    for file in made {
        let key = Key::new(format!("{folder}/{}", file.name))?;
        files.push(Artifact {
            name: file.name,
            format: file.format.to_owned(),
            media_type: file.media_type.to_owned(),
            size_bytes: i64::try_from(file.bytes.size_bytes()).unwrap_or(i64::MAX),
            sha256: file.bytes.sha256().to_owned(),
            object_key: key.to_string(),
        });
        if let Err(error) = environment.storage.put_spooled(&key, file.bytes).await {
            discard(environment, &keys).await;
            return Err(error.into());
        }
        keys.push(key);
    }
    Ok((files, keys))
}

/// Makes the put bytes the result, if this attempt still holds the job. False: there is a result
/// already, or its owner is gone.
async fn record(context: &Context, owner: Owner, result: ResultRow) -> Result<bool, QueueError> {
    let (artist, id) = (owner.artist_id, owner.id.uuid());
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let taken = match owner.kind {
                    OwnerKind::Master => {
                        masters::complete(tx.db(), artist, MasterId(id), &result).await?
                    }
                    OwnerKind::Analysis => {
                        analyses::complete(tx.db(), artist, AnalysisId(id), &result).await?
                    }
                    OwnerKind::Album => {
                        albums::complete(tx.db(), artist, AlbumId(id), &result).await?
                    }
                };
                Ok::<_, QueueError>(taken)
            })
        })
        .await
}

/// Removes everything from the owner's folder but the objects to `keep`.
async fn sweep(environment: &Environment, owner: Owner, keep: &[Key]) {
    let swept = async {
        let folder = Key::new(owner.object_folder())?;
        environment.storage.delete_prefix(&folder, keep).await
    };
    if let Err(error) = swept.await {
        tracing::warn!(%error, "an earlier attempt's file was left behind");
    }
}

async fn discard(environment: &Environment, objects: &[Key]) {
    for object in objects {
        if let Err(error) = environment.storage.delete(object).await {
            tracing::warn!(%error, "a file that nothing names was left behind");
        }
    }
}
