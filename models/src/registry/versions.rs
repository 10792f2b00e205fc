//! Versions: each is what its checksum says, for ever.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::schema::model_versions;
use crate::{ArtistId, JobId};

db::text_enum! {
    /// What models are for.
    pub enum Task {
        /// Who is likely to leave.
        Churn = "churn",
        /// What comes after a series.
        Forecast = "forecast",
    }
}

/// A version. Its bytes are in object storage.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_versions)]
pub struct VersionRow {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// The model, by its name among the artist's.
    pub model: String,
    /// SHA-256 of the bundle, hexadecimal.
    pub version: String,
    /// The version that was champion when it was trained.
    pub parent: Option<String>,
    /// What it is for.
    pub task: Task,
    /// What the bundle says of itself, but for its golden rows.
    pub metadata: Document,
    /// Size of the bundle, bytes.
    pub size_bytes: i64,
    /// Where the bundle is.
    pub object_key: String,
    /// The job that made it.
    pub job_id: JobId,
    /// When it was made.
    pub created_at: Time,
}

/// The folder of all of an artist's bundles in object storage.
pub fn object_folder(artist: ArtistId) -> String {
    format!("artists/{artist}/models")
}

/// A new name for a bundle, under its owner's own prefix. It is never the same twice: a late attempt
/// never writes over the bundle that counts. Names of objects reach logs, so it tells nothing that the
/// artist wrote.
pub fn object_key(artist: ArtistId) -> String {
    format!("{}/{}.bundle", object_folder(artist), Uuid::now_v7())
}

/// Whether a name of an object is one of [`object_key`]'s form.
pub fn is_object_key(key: &str) -> bool {
    let parts: Vec<&str> = key.split('/').collect();
    let ["artists", artist, "models", file] = parts.as_slice() else {
        return false;
    };
    let bundle = file.strip_suffix(".bundle").unwrap_or_default();
    artist.parse::<ArtistId>().is_ok() && bundle.parse::<Uuid>().is_ok()
}

/// Those of these names under which a version's bundle is kept, of whichever artist: for whoever
/// looks after object storage as a whole.
pub async fn named(db: &mut Db, keys: &[&str]) -> Result<Vec<String>, DbError> {
    let found = db::on!(db, conn => model_versions::table
        .filter(model_versions::object_key.eq_any(keys))
        .select(model_versions::object_key)
        .load(conn)
        .await)?;
    Ok(found)
}

/// Adds a version. False: it is there already, with the bundle that was put for it then.
pub async fn insert_version(db: &mut Db, row: &VersionRow) -> Result<bool, DbError> {
    let inserted = db::on!(db, conn => diesel::insert_into(model_versions::table)
        .values(row)
        .on_conflict((
            model_versions::artist_id,
            model_versions::model,
            model_versions::version,
        ))
        .do_nothing()
        .execute(conn)
        .await)?;
    Ok(inserted > 0)
}

/// One version of the artist's own model.
pub async fn version(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    version: &str,
) -> Result<Option<VersionRow>, DbError> {
    let row = db::on!(db, conn => model_versions::table
        .filter(model_versions::artist_id.eq(artist))
        .filter(model_versions::model.eq(model))
        .filter(model_versions::version.eq(version))
        .select(VersionRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}

/// The newest versions of the artist's own model, the newest first.
pub async fn versions(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    limit: i64,
) -> Result<Vec<VersionRow>, DbError> {
    let rows = db::on!(db, conn => model_versions::table
        .filter(model_versions::artist_id.eq(artist))
        .filter(model_versions::model.eq(model))
        .order((
            model_versions::created_at.desc(),
            model_versions::version.desc(),
        ))
        .limit(limit)
        .select(VersionRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundles_name_is_told_from_all_others() {
        let artist = ArtistId::new();
        let key = object_key(artist);
        assert!(is_object_key(&key) && key != object_key(artist));
        for other in [
            key.replace("/models/", "/masters/"),
            key.replace(".bundle", ".csv"),
            key.replace("/models/", "/models/fans/"),
            format!("artists/{artist}/models/notes.bundle"),
            format!("artists/nobody/models/{}.bundle", Uuid::nil()),
        ] {
            assert!(!is_object_key(&other), "{other}");
        }
    }
}
