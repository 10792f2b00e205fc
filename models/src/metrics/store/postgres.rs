//! Whole columns at a time, in one statement.

use chrono::NaiveDate;
use db::{DbError, DbTime, DbUuid, Time};
use diesel::QueryableByName;
use diesel::sql_types::{Array, Date, Double, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Kept, Key};
use crate::{ArtistId, ImportId};

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    metric: String,
    #[diesel(sql_type = Text)]
    source: String,
    #[diesel(sql_type = Text)]
    track: String,
    #[diesel(sql_type = Date)]
    day: NaiveDate,
    #[diesel(sql_type = Double)]
    value: f64,
    #[diesel(sql_type = Nullable<DbUuid>)]
    imported_by: Option<ImportId>,
    #[diesel(sql_type = DbTime)]
    updated_at: Time,
}

#[derive(Default)]
struct Columns {
    metrics: Vec<String>,
    sources: Vec<String>,
    tracks: Vec<String>,
    days: Vec<NaiveDate>,
}

impl Columns {
    fn push(&mut self, key: Key) {
        self.metrics.push(key.metric);
        self.sources.push(key.source);
        self.tracks.push(key.track);
        self.days.push(key.day);
    }
}

pub(super) async fn kept(
    conn: &mut AsyncPgConnection,
    artist: ArtistId,
    mut keys: Vec<Key>,
) -> Result<Vec<(Key, Kept)>, DbError> {
    keys.sort();
    keys.dedup();
    let mut columns = Columns::default();
    for key in keys {
        columns.push(key);
    }
    let found: Vec<Found> = diesel::sql_query(
        "SELECT m.metric, m.source, m.track, m.day, m.value, m.imported_by, m.updated_at \
         FROM unnest($2, $3, $4, $5) AS wanted (metric, source, track, day) \
         JOIN metrics_daily m ON m.artist_id = $1 AND m.metric = wanted.metric COLLATE \"C\" \
         AND m.source = wanted.source COLLATE \"C\" AND m.track = wanted.track COLLATE \"C\" \
         AND m.day = wanted.day",
    )
    .bind::<DbUuid, _>(artist)
    .bind::<Array<Text>, _>(columns.metrics)
    .bind::<Array<Text>, _>(columns.sources)
    .bind::<Array<Text>, _>(columns.tracks)
    .bind::<Array<Date>, _>(columns.days)
    .load(conn)
    .await?;
    Ok(found.into_iter().map(Found::pair).collect())
}

impl Found {
    fn pair(self) -> (Key, Kept) {
        let key = Key {
            metric: self.metric,
            source: self.source,
            track: self.track,
            day: self.day,
        };
        let kept = Kept {
            value: self.value,
            imported_by: self.imported_by,
            updated_at: self.updated_at,
        };
        (key, kept)
    }
}

pub(super) async fn write(
    conn: &mut AsyncPgConnection,
    artist: ArtistId,
    rows: Vec<(Key, Kept)>,
) -> Result<(), DbError> {
    let mut columns = Columns::default();
    let (mut values, mut imports, mut updated) = (Vec::new(), Vec::new(), Vec::new());
    for (key, kept) in rows {
        columns.push(key);
        values.push(kept.value);
        imports.push(kept.imported_by);
        updated.push(kept.updated_at);
    }
    diesel::sql_query(
        "INSERT INTO metrics_daily (artist_id, metric, source, track, day, value, imported_by, updated_at) \
         SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8) \
         ON CONFLICT (artist_id, metric, source, track, day) DO UPDATE SET value = excluded.value, \
         imported_by = excluded.imported_by, updated_at = excluded.updated_at",
    )
    .bind::<DbUuid, _>(artist)
    .bind::<Array<Text>, _>(columns.metrics)
    .bind::<Array<Text>, _>(columns.sources)
    .bind::<Array<Text>, _>(columns.tracks)
    .bind::<Array<Date>, _>(columns.days)
    .bind::<Array<Double>, _>(values)
    .bind::<Array<Nullable<DbUuid>>, _>(imports)
    .bind::<Array<DbTime>, _>(updated)
    .execute(conn)
    .await?;
    Ok(())
}
