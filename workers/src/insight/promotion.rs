//! Makes a bundle that was put a version of its model: the row, the training's end and the alias in
//! one fenced transaction. Whatever dies, there is all of it or nothing.

use db::{Db, DbError};
use jobs::RefreshAnalytics;
use jobs::insight::Insight;
use models::registry::{self, Act, Alias, Move, VersionRow};
use models::{ArtistId, TrainingId, trainings};
use queue::{Context, Fault, QueueError, Tx};
use storage::Key;

use crate::ending::Ending;
use crate::environment::Environment;

/// Moves that are looked through for the one of a job.
const NEWEST_MOVES: i64 = 200;

/// Tries to move an alias that others move too.
const MOST_TRIES: usize = 5;

/// Registers the version, and says what it became: the champion where there is none, else the
/// challenger; nothing when it is that already.
pub async fn register(
    environment: &Environment,
    context: &Context,
    training: TrainingId,
    row: VersionRow,
) -> Result<(String, Option<Alias>), Ending> {
    let (artist, model) = (row.artist_id, row.model.clone());
    let (version, key) = (row.version.clone(), Key::new(row.object_key.clone())?);
    let registered = context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let (is_new, alias) = registered(tx, training, &row).await?;
                if alias == Some(Alias::Champion) {
                    RefreshAnalytics::follow_champion(tx, artist, row.task).await?;
                }
                Ok((is_new, alias))
            })
        })
        .await;
    match registered {
        Ok((is_new, alias)) => {
            environment.insight.alias_moved(artist, &model);
            if !is_new {
                // The version is there since an earlier training, with the bundle of that one.
                discard(environment, &key).await;
            }
            Ok((version, alias))
        }
        Err(NotRegistered::Refused(code, words)) => {
            discard(environment, &key).await;
            Err(Fault::transient(code, words).into())
        }
        // Whoever holds the job now makes the version; these bytes will never be named.
        Err(NotRegistered::Queue(QueueError::LeaseLost)) => {
            discard(environment, &key).await;
            Err(QueueError::LeaseLost.into())
        }
        // The commit may or may not have happened: the bytes stay, and the next attempt sees. If it
        // has not, they are swept.
        Err(NotRegistered::Queue(error)) => Err(error.into()),
    }
}

/// What an earlier attempt at the same job made of its version.
pub async fn became(
    environment: &Environment,
    context: &Context,
    (artist, model): (ArtistId, &str),
    version: &str,
) -> Result<Option<Alias>, Ending> {
    let mut db = environment.pool.get().await?;
    let moves = registry::history(&mut db, artist, model, NEWEST_MOVES).await?;
    let actor = actor(context.job().id);
    let own = moves
        .iter()
        .find(|it| it.actor == actor && it.to_version == version);
    Ok(own.map(|it| it.alias))
}

async fn registered(
    tx: &mut Tx<'_>,
    training: TrainingId,
    row: &VersionRow,
) -> Result<(bool, Option<Alias>), NotRegistered> {
    let db = tx.db();
    let is_new = registry::insert_version(db, row).await?;
    let (artist, now) = (row.artist_id, row.created_at);
    if !trainings::complete(db, artist, training, &row.version, now).await? {
        return Err(NotRegistered::Refused(
            "training_not_taken",
            "the training has a version already, or it is gone",
        ));
    }
    let first = wanted(
        row,
        Alias::Champion,
        None,
        "it is the model's first version",
    );
    let champion = registry::holder(db, artist, &row.model, Alias::Champion).await?;
    match champion {
        Some(champion) if champion.version == row.version => return Ok((is_new, None)),
        Some(champion) if champion.task != row.task => {
            let words = "the model is for something else by now";
            return Err(NotRegistered::Refused("other_task", words));
        }
        Some(_) => {}
        None => {
            // Two first trainings may end at once: one is the champion, the other challenges it.
            if registry::move_alias(db, &first, now).await?.is_some() {
                return Ok((is_new, Some(Alias::Champion)));
            }
        }
    }
    challenge(db, row).await.map(|alias| (is_new, alias))
}

/// Makes it the challenger, whoever is that now.
async fn challenge(db: &mut Db, row: &VersionRow) -> Result<Option<Alias>, NotRegistered> {
    for _ in 0..MOST_TRIES {
        let holder = registry::holder(db, row.artist_id, &row.model, Alias::Challenger).await?;
        let before = holder.map(|holder| holder.version);
        if before.as_deref() == Some(row.version.as_str()) {
            return Ok(None);
        }
        let next = wanted(row, Alias::Challenger, before, "it is the newest version");
        if registry::move_alias(db, &next, row.created_at)
            .await?
            .is_some()
        {
            return Ok(Some(Alias::Challenger));
        }
    }
    let words = "others move the challenger all the time";
    Err(NotRegistered::Refused("alias_moved", words))
}

fn wanted(row: &VersionRow, alias: Alias, from: Option<String>, why: &str) -> Move {
    let evidence = row.metadata.0.get("metrics").cloned();
    Move {
        artist_id: row.artist_id,
        model: row.model.clone(),
        alias,
        act: Act::Trained,
        from,
        to: row.version.clone(),
        actor: actor(row.job_id),
        why: why.to_owned(),
        evidence: evidence.map(|metrics| db::Document(serde_json::json!({ "metrics": metrics }))),
    }
}

fn actor(job: impl std::fmt::Display) -> String {
    format!("job {job}")
}

async fn discard(environment: &Environment, key: &Key) {
    if let Err(error) = environment.storage.delete(key).await {
        tracing::warn!(%error, "a bundle that nothing names was left behind");
    }
}

/// Why there is no version.
enum NotRegistered {
    /// Nothing was written: code and words.
    Refused(&'static str, &'static str),
    Queue(QueueError),
}

impl From<QueueError> for NotRegistered {
    fn from(error: QueueError) -> Self {
        Self::Queue(error)
    }
}

impl From<DbError> for NotRegistered {
    fn from(error: DbError) -> Self {
        Self::Queue(error.into())
    }
}
