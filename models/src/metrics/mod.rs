//! Metrics: one value a day of a metric at a source, of one track or of the artist as a whole.
//!
//! Money is kept in whole minor units of one currency, which is part of the metric's word:
//! `revenue_minor_eur` counts cents. So a series never mixes currencies.

mod currency;
mod imports;
mod merge;
mod row;
mod rules;
mod store;

use chrono::NaiveDate;
use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::schema::{metric_imports, metrics_daily};
use crate::{ArtistId, ImportId, JobId};

pub use currency::is_currency;
pub use imports::{
    Format, ImportReport, ImportRow, MOST_REFUSALS, Refusal, complete_import, find_import,
    import_object_keys, import_of_object_key, insert_import, list_imports, note_import, object_key,
};
pub use merge::{Tally, merge};
pub use row::Row;
pub use rules::{FIRST_DAY, Fault, LARGEST_VALUE, latest_day};

/// Names one value: which series, and which day of it. `track` is `""` for the artist as a whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// What is counted: `streams`, `followers`, `revenue_minor_eur`.
    pub metric: String,
    /// Who counted: `spotify`.
    pub source: String,
    /// The track, by an id such as its ISRC.
    pub track: String,
    /// The day, as the source has it.
    pub day: NaiveDate,
}

/// A value as it is kept.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = metrics_daily)]
pub struct MetricRow {
    /// What is counted.
    pub metric: String,
    /// Who counted.
    pub source: String,
    /// The track, or `""`.
    pub track: String,
    /// The day.
    pub day: NaiveDate,
    /// How much.
    pub value: f64,
    /// The import that the value came with; none where it was put directly.
    pub imported_by: Option<ImportId>,
    /// When it was last handed in, also when that changed nothing.
    pub updated_at: Time,
}

impl MetricRow {
    /// What names it.
    pub fn key(&self) -> Key {
        Key {
            metric: self.metric.clone(),
            source: self.source.clone(),
            track: self.track.clone(),
            day: self.day,
        }
    }
}

/// Which values.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only of this metric.
    pub metric: Option<String>,
    /// Only of this source.
    pub source: Option<String>,
    /// Only of this track; `""` is the artist as a whole.
    pub track: Option<String>,
    /// Not before this day.
    pub from: Option<NaiveDate>,
    /// Not after this day.
    pub to: Option<NaiveDate>,
}

/// The artist's values, from below `after` on: the newest day of a series first, and series in
/// falling order of metric, source and track.
pub async fn list(
    db: &mut Db,
    artist: ArtistId,
    filter: &Filter,
    after: Option<&Key>,
    limit: i64,
) -> Result<Vec<MetricRow>, DbError> {
    use metrics_daily::dsl::{artist_id, day, metric, source, track};
    let rows = db::on!(db, conn => {
        let mut query = metrics_daily::table.filter(artist_id.eq(artist)).into_boxed();
        if let Some(only) = &filter.metric {
            query = query.filter(metric.eq(only));
        }
        if let Some(only) = &filter.source {
            query = query.filter(source.eq(only));
        }
        if let Some(only) = &filter.track {
            query = query.filter(track.eq(only));
        }
        if let Some(first) = filter.from {
            query = query.filter(day.ge(first));
        }
        if let Some(last) = filter.to {
            query = query.filter(day.le(last));
        }
        if let Some(Key { metric: of, source: at, track: for_track, day: on }) = after {
            let in_track = track.lt(for_track).or(track.eq(for_track).and(day.lt(*on)));
            let in_source = source.lt(at).or(source.eq(at).and(in_track));
            // The first condition is implied; it is what the index can walk by.
            query = query
                .filter(metric.le(of))
                .filter(metric.lt(of).or(metric.eq(of).and(in_source)));
        }
        query
            .order((metric.desc(), source.desc(), track.desc(), day.desc()))
            .limit(limit)
            .select(MetricRow::as_select())
            .load(conn)
            .await
    })?;
    Ok(rows)
}

/// The artist's values in the order of their keys, from above `after` on.
pub async fn scan(
    db: &mut Db,
    artist: ArtistId,
    after: Option<&Key>,
    limit: i64,
) -> Result<Vec<MetricRow>, DbError> {
    use metrics_daily::dsl::{artist_id, day, metric, source, track};
    let rows = db::on!(db, conn => {
        let mut query = metrics_daily::table.filter(artist_id.eq(artist)).into_boxed();
        if let Some(Key { metric: of, source: at, track: for_track, day: on }) = after {
            let in_track = track.gt(for_track).or(track.eq(for_track).and(day.gt(*on)));
            let in_source = source.gt(at).or(source.eq(at).and(in_track));
            query = query
                .filter(metric.ge(of))
                .filter(metric.gt(of).or(metric.eq(of).and(in_source)));
        }
        query
            .order((metric, source, track, day))
            .limit(limit)
            .select(MetricRow::as_select())
            .load(conn)
            .await
    })?;
    Ok(rows)
}

/// Takes the artist's turn to write metrics, until the transaction's end: merges of one artist
/// come one after the other, and whoever reads behind it sees all that came before.
pub async fn lock(db: &mut Db, artist: ArtistId) -> Result<(), DbError> {
    store::lock(db, artist).await
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erased {
    /// How many values.
    pub values: usize,
    /// Where the bytes of imports are.
    pub objects: Vec<String>,
    /// The jobs of all imports, done or not.
    pub jobs: Vec<JobId>,
}

/// The folder of all of an artist's imports in object storage.
pub fn object_folder(artist: ArtistId) -> String {
    format!("artists/{artist}/metrics")
}

/// Removes every metric, import and result of the artist's, and names what imports leave behind. In a
/// transaction.
pub async fn erase(db: &mut Db, artist: ArtistId) -> Result<Erased, DbError> {
    lock(db, artist).await?;
    crate::analytics::erase(db, artist).await?;
    let values = db::on!(db, conn => diesel::delete(metrics_daily::table)
        .filter(metrics_daily::artist_id.eq(artist))
        .execute(conn)
        .await)?;
    let imports: Vec<(String, JobId)> = db::on!(db, conn => diesel::delete(metric_imports::table)
        .filter(metric_imports::artist_id.eq(artist))
        .returning((metric_imports::object_key, metric_imports::job_id))
        .get_results(conn)
        .await)?;
    let (objects, jobs) = imports.into_iter().unzip();
    Ok(Erased {
        values,
        objects,
        jobs,
    })
}
