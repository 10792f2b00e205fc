//! Rows that a champion answered under a key of the caller's, what became of them, and what other versions
//! say of them.

use std::collections::{BTreeMap, HashSet};

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use sha2::{Digest, Sha256};

use crate::ArtistId;
use crate::schema::{model_observations, model_shadows};

/// A row that was answered.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_observations)]
pub struct ObservationRow {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The model that was asked.
    pub model: String,
    /// The caller's own name for the row.
    pub key: String,
    /// The columns that the version asked for.
    pub cells: Document,
    /// The version that answered.
    pub version: String,
    /// What it answered.
    pub probability: f64,
    /// See [`place_of`].
    pub place: f64,
    /// When it was asked.
    pub observed_at: Time,
    /// Whether it left, once that is known.
    pub outcome: Option<bool>,
    /// When that was told.
    pub outcome_at: Option<Time>,
}

#[derive(Insertable)]
#[diesel(table_name = model_shadows)]
struct ShadowRow {
    artist_id: ArtistId,
    model: String,
    key: String,
    version: String,
    probability: f64,
    judged_at: Time,
}

/// A row as it is about to be kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The caller's own name for the row.
    pub key: String,
    /// The columns that the version asked for.
    pub cells: Document,
    /// What it answered.
    pub probability: f64,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// The most rows, the newest.
    pub most: u32,
    /// Nothing older than this.
    pub since: Time,
}

/// What became of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The caller's own name for the row.
    pub key: String,
    /// Whether it left.
    pub left: bool,
}

/// Where a key stands among all keys of its model, 0 to 1: the same for ever, and as good as random.
/// Rows below a border are never trained on.
pub fn place_of(artist: ArtistId, model: &str, key: &str) -> f64 {
    let digest = Sha256::new()
        .chain_update(artist.uuid().as_bytes())
        .chain_update(model.as_bytes())
        .chain_update([0])
        .chain_update(key.as_bytes())
        .finalize();
    let bytes = digest.iter().take(4);
    let number = bytes.fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    f64::from(number) / (f64::from(u32::MAX) + 1.0)
}

/// Keeps rows that a version answered, and lets the oldest go. A key that is kept already stays what it is.
/// Answers how many are new. In a transaction; a model that is not looked after is refused by the foreign
/// key.
pub async fn keep(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    version: &str,
    rows: Vec<Seen>,
    kept: Kept,
    now: Time,
) -> Result<usize, DbError> {
    let rows: Vec<ObservationRow> = rows
        .into_iter()
        .map(|row| ObservationRow {
            artist_id: artist,
            model: model.to_owned(),
            place: place_of(artist, model, &row.key),
            key: row.key,
            cells: row.cells,
            version: version.to_owned(),
            probability: row.probability,
            observed_at: now,
            outcome: None,
            outcome_at: None,
        })
        .collect();
    let new = match db {
        Db::Pg(conn) => {
            diesel::insert_into(model_observations::table)
                .values(&rows)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?
        }
        Db::Sqlite(conn) => {
            let written = conn.spawn_blocking(move |conn| {
                let mut new = 0;
                for row in &rows {
                    new += diesel::RunQueryDsl::execute(
                        diesel::insert_into(model_observations::table)
                            .values(row)
                            .on_conflict_do_nothing(),
                        conn,
                    )?;
                }
                Ok(new)
            });
            written.await?
        }
    };
    trim(db, artist, model, kept).await?;
    Ok(new)
}

/// Lets go of the artist's own model's rows what is too old, or beyond the most. In a transaction.
pub async fn trim(db: &mut Db, artist: ArtistId, model: &str, kept: Kept) -> Result<(), DbError> {
    let oldest: Option<(Time, String)> = db::on!(db, conn => model_observations::table
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .order((
            model_observations::observed_at.desc(),
            model_observations::key.desc(),
        ))
        .offset(i64::from(kept.most))
        .select((model_observations::observed_at, model_observations::key))
        .first(conn)
        .await
        .optional())?;
    db::on!(db, conn => diesel::delete(model_observations::table)
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .filter(model_observations::observed_at.lt(kept.since))
        .execute(conn)
        .await)?;
    if let Some((at, key)) = oldest {
        db::on!(db, conn => diesel::delete(model_observations::table)
            .filter(model_observations::artist_id.eq(artist))
            .filter(model_observations::model.eq(model))
            .filter(
                model_observations::observed_at
                    .lt(at)
                    .or(model_observations::observed_at.eq(at).and(model_observations::key.le(key))),
            )
            .execute(conn)
            .await)?;
    }
    Ok(())
}

/// Records what became of rows; what was told last holds. Answers the places of those that are not kept.
/// In a transaction.
pub async fn tell(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    told: &[Told],
    now: Time,
) -> Result<Vec<usize>, DbError> {
    let mut unknown = Vec::new();
    for (place, told) in told.iter().enumerate() {
        let (key, left) = (told.key.as_str(), told.left);
        let kept: Option<Option<bool>> = db::on!(db, conn => model_observations::table
            .find((artist, model, key))
            .select(model_observations::outcome)
            .first(conn)
            .await
            .optional())?;
        match kept {
            None => unknown.push(place),
            // Told again, and nothing has changed.
            Some(Some(before)) if before == left => {}
            Some(_) => {
                db::on!(db, conn => diesel::update(model_observations::table)
                    .filter(model_observations::artist_id.eq(artist))
                    .filter(model_observations::model.eq(model))
                    .filter(model_observations::key.eq(key))
                    .set((
                        model_observations::outcome.eq(Some(left)),
                        model_observations::outcome_at.eq(Some(now)),
                    ))
                    .execute(conn)
                    .await)?;
            }
        }
    }
    Ok(unknown)
}

/// The rows that are kept of the artist's own model, the newest first.
pub async fn observed(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
) -> Result<Vec<ObservationRow>, DbError> {
    let rows = db::on!(db, conn => model_observations::table
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .order((
            model_observations::observed_at.desc(),
            model_observations::key.desc(),
        ))
        .select(ObservationRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}

/// How many rows are kept of the artist's own model, and of how many the outcome is known.
pub async fn counts(db: &mut Db, artist: ArtistId, model: &str) -> Result<(i64, i64), DbError> {
    let rows: i64 = db::on!(db, conn => model_observations::table
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .count()
        .get_result(conn)
        .await)?;
    let outcomes: i64 = db::on!(db, conn => model_observations::table
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .filter(model_observations::outcome.is_not_null())
        .count()
        .get_result(conn)
        .await)?;
    Ok((rows, outcomes))
}

/// Keeps what a version says of rows, by their keys, beside what was answered; at most a thousand at a time.
/// Rows that have gone since are left out, and what is kept already stays. In a transaction.
pub async fn add_shadows(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    version: &str,
    said: &[(String, f64)],
    now: Time,
) -> Result<(), DbError> {
    let keys: Vec<&str> = said.iter().map(|(key, _)| key.as_str()).collect();
    let of = model_observations::table
        .filter(model_observations::artist_id.eq(artist))
        .filter(model_observations::model.eq(model))
        .filter(model_observations::key.eq_any(&keys))
        .select(model_observations::key);
    let there: Vec<String> = match db {
        // So that none of them goes before its shadow is there.
        Db::Pg(conn) => of.for_key_share().load(conn).await?,
        Db::Sqlite(conn) => of.load(conn).await?,
    };
    let there: HashSet<String> = there.into_iter().collect();
    let rows: Vec<ShadowRow> = said
        .iter()
        .filter(|(key, _)| there.contains(key))
        .map(|(key, probability)| ShadowRow {
            artist_id: artist,
            model: model.to_owned(),
            key: key.clone(),
            version: version.to_owned(),
            probability: *probability,
            judged_at: now,
        })
        .collect();
    match db {
        Db::Pg(conn) => {
            diesel::insert_into(model_shadows::table)
                .values(&rows)
                .on_conflict_do_nothing()
                .execute(conn)
                .await?;
        }
        Db::Sqlite(conn) => {
            let written = conn.spawn_blocking(move |conn| {
                for row in &rows {
                    diesel::RunQueryDsl::execute(
                        diesel::insert_into(model_shadows::table)
                            .values(row)
                            .on_conflict_do_nothing(),
                        conn,
                    )?;
                }
                Ok(())
            });
            written.await?;
        }
    }
    Ok(())
}

/// Removes what versions other than these say of the rows of the artist's own model.
pub async fn forget_shadows(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    but_of: &[String],
) -> Result<(), DbError> {
    db::on!(db, conn => diesel::delete(model_shadows::table)
        .filter(model_shadows::artist_id.eq(artist))
        .filter(model_shadows::model.eq(model))
        .filter(model_shadows::version.ne_all(but_of))
        .execute(conn)
        .await)?;
    Ok(())
}

/// What a version was kept to say of the rows of the artist's own model, by their keys.
pub async fn shadows(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    version: &str,
) -> Result<BTreeMap<String, f64>, DbError> {
    let rows: Vec<(String, f64)> = db::on!(db, conn => model_shadows::table
        .filter(model_shadows::artist_id.eq(artist))
        .filter(model_shadows::model.eq(model))
        .filter(model_shadows::version.eq(version))
        .select((model_shadows::key, model_shadows::probability))
        .load(conn)
        .await)?;
    Ok(rows.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_spread_evenly_and_stay() {
        let artist = ArtistId::new();
        let below = (0..10_000)
            .filter(|key| place_of(artist, "fans", &key.to_string()) < 0.3)
            .count();
        assert!((2_800..3_200).contains(&below), "{below}");
        let one = place_of(artist, "fans", "a");
        assert!(one.to_bits() == place_of(artist, "fans", "a").to_bits());
        assert!((one - place_of(ArtistId::new(), "fans", "a")).abs() > 1e-12);
        assert!((one - place_of(artist, "fan", "sa")).abs() > 1e-12);
    }
}
