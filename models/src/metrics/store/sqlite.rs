//! One prepared statement a row: there is no network to cross.

use chrono::NaiveDate;
use db::{DbError, SqliteConn, Time};
use diesel::prelude::*;

use super::{Kept, Key};
use crate::schema::metrics_daily;
use crate::{ArtistId, ImportId};

pub(super) async fn kept(
    conn: &mut SqliteConn,
    artist: ArtistId,
    keys: Vec<Key>,
) -> Result<Vec<(Key, Kept)>, DbError> {
    let found = conn.spawn_blocking(move |conn| {
        let mut found = Vec::new();
        for key in keys {
            let row: Option<(f64, Option<ImportId>, Time)> = metrics_daily::table
                .find((artist, &key.metric, &key.source, &key.track, key.day))
                .select((
                    metrics_daily::value,
                    metrics_daily::imported_by,
                    metrics_daily::updated_at,
                ))
                .first(conn)
                .optional()?;
            if let Some((value, imported_by, updated_at)) = row {
                let kept = Kept {
                    value,
                    imported_by,
                    updated_at,
                };
                found.push((key, kept));
            }
        }
        Ok(found)
    });
    Ok(found.await?)
}

#[derive(Insertable)]
#[diesel(table_name = metrics_daily)]
struct Written {
    artist_id: ArtistId,
    metric: String,
    source: String,
    track: String,
    day: NaiveDate,
    value: f64,
    imported_by: Option<ImportId>,
    updated_at: Time,
}

pub(super) async fn write(
    conn: &mut SqliteConn,
    artist: ArtistId,
    rows: Vec<(Key, Kept)>,
) -> Result<(), DbError> {
    let written = conn.spawn_blocking(move |conn| {
        for (key, kept) in rows {
            let row = Written {
                artist_id: artist,
                metric: key.metric,
                source: key.source,
                track: key.track,
                day: key.day,
                value: kept.value,
                imported_by: kept.imported_by,
                updated_at: kept.updated_at,
            };
            diesel::insert_into(metrics_daily::table)
                .values(&row)
                .on_conflict((
                    metrics_daily::artist_id,
                    metrics_daily::metric,
                    metrics_daily::source,
                    metrics_daily::track,
                    metrics_daily::day,
                ))
                .do_update()
                .set((
                    metrics_daily::value.eq(row.value),
                    metrics_daily::imported_by.eq(row.imported_by),
                    metrics_daily::updated_at.eq(row.updated_at),
                ))
                .execute(conn)?;
        }
        Ok(())
    });
    Ok(written.await?)
}
