//! Erasing an artist: its row goes, and every row of its with it.
//!
//! Every table of an artist's refers to `artists` with `ON DELETE CASCADE`, so the last step is one
//! statement, and who writes a row in the artist's name at the same moment comes before it, or is
//! refused by the foreign key.

use std::collections::BTreeMap;

use db::{Db, DbError, DbUuid};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::ArtistId;
use crate::schema::{
    album_tracks, albums, analyses, analytics_refreshes, analytics_results, api_tokens, artifacts,
    artists, datasets, idempotency_keys, master_references, masters, metric_imports, metrics_daily,
    model_aliases, model_checks, model_moves, model_observations, model_retrainings, model_shadows,
    model_trainings, model_upkeep, model_versions, track_isrcs, tracks,
};

/// How many rows there are, by table; tables without any are left out.
pub type Counts = BTreeMap<String, u64>;

macro_rules! tables {
    ($($table:ident)+) => {
        /// Every table with rows of artists', but for `artists` itself.
        pub const TABLES: &[&str] = &[$(stringify!($table)),+];

        /// How many rows an artist has, by table.
        pub async fn counts(db: &mut Db, artist: ArtistId) -> Result<Counts, DbError> {
            let mut counts = Counts::new();
            $(
                let query = $table::table.filter($table::artist_id.eq(artist)).count();
                let rows: i64 = db::on!(db, conn => query.get_result(conn).await)?;
                if rows > 0 {
                    counts.insert(stringify!($table).to_owned(), rows.unsigned_abs());
                }
            )+
            Ok(counts)
        }
    };
}

tables! {
    album_tracks
    albums
    analyses
    analytics_refreshes
    analytics_results
    api_tokens
    artifacts
    datasets
    idempotency_keys
    master_references
    masters
    metric_imports
    metrics_daily
    model_aliases
    model_checks
    model_moves
    model_observations
    model_retrainings
    model_shadows
    model_trainings
    model_upkeep
    model_versions
    track_isrcs
    tracks
}

/// Waits for whoever writes in the artist's name at this moment, and keeps others from it until the
/// caller's transaction ends. False: there is no such artist.
async fn hold(db: &mut Db, artist: ArtistId) -> Result<bool, DbError> {
    let query = artists::table.find(artist).select(artists::id);
    let found: Option<ArtistId> = match db {
        Db::Pg(conn) => query.for_update().first(conn).await.optional()?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.first(conn).await.optional()?,
    };
    Ok(found.is_some())
}

/// Deletes all tokens of an artist, and says how many it were; none: there is no such artist. In a
/// transaction.
pub async fn end_access(db: &mut Db, artist: ArtistId) -> Result<Option<u64>, DbError> {
    if !hold(db, artist).await? {
        return Ok(None);
    }
    let tokens = api_tokens::table.filter(api_tokens::artist_id.eq(artist));
    let gone = db::on!(db, conn => diesel::delete(tokens).execute(conn).await)?;
    Ok(Some(gone as u64))
}

/// Deletes up to `most` rows of each table of which an artist may have very many, so that no
/// transaction is long. Call it until nothing is left; what the artist had is incomplete then.
pub async fn erase_many(db: &mut Db, artist: ArtistId, most: u32) -> Result<Counts, DbError> {
    // Shadows before their observations, which take along what is left of them.
    const LARGE: [(&str, &str); 3] = [
        ("metrics_daily", "metric, source, track, day"),
        ("model_shadows", "model, key, version"),
        ("model_observations", "model, key"),
    ];
    let mut counts = Counts::new();
    for (table, key) in LARGE {
        let statement = diesel::sql_query(format!(
            "DELETE FROM {table} WHERE artist_id = $1 AND ({key}) IN \
             (SELECT {key} FROM {table} WHERE artist_id = $1 LIMIT {most})"
        ))
        .bind::<DbUuid, _>(artist);
        let gone = db::on!(db, conn => statement.execute(conn).await)?;
        if gone > 0 {
            counts.insert(table.to_owned(), gone as u64);
        }
    }
    Ok(counts)
}

/// Deletes an artist with every row of its, and says how many it were by table; none: there is no such
/// artist. In a transaction: what was committed in the artist's name before it goes along, and nothing
/// can be written in it afterwards.
pub async fn erase(db: &mut Db, artist: ArtistId) -> Result<Option<Counts>, DbError> {
    if !hold(db, artist).await? {
        return Ok(None);
    }
    let mut counts = counts(db, artist).await?;
    let row = diesel::delete(artists::table.find(artist));
    let gone = db::on!(db, conn => row.execute(conn).await)?;
    counts.insert("artists".to_owned(), gone as u64);
    Ok(Some(counts))
}

/// The folder of everything of an artist's in object storage.
pub fn object_folder(artist: ArtistId) -> String {
    format!("artists/{artist}")
}
