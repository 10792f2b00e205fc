//! Aliases: which version of a model answers, and which might next.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::versions::{Task, VersionRow};
use crate::ArtistId;
use crate::schema::{model_aliases, model_versions};

db::text_enum! {
    /// What a version may be to its model.
    pub enum Alias {
        /// It answers.
        Champion = "champion",
        /// It might answer next.
        Challenger = "challenger",
    }
}

/// An alias.
#[derive(Debug, Clone, PartialEq, Eq, Queryable)]
pub struct AliasRow {
    /// The model, by its name among the artist's.
    pub model: String,
    /// The alias.
    pub alias: Alias,
    /// The version that has it.
    pub version: String,
    /// When it was moved there.
    pub moved_at: Time,
    /// What the model is for.
    pub task: Task,
}

/// The aliases of all of an artist's models, by name of the model.
pub async fn aliases(db: &mut Db, artist: ArtistId) -> Result<Vec<AliasRow>, DbError> {
    let rows = db::on!(db, conn => model_aliases::table
        .inner_join(model_versions::table.on(
            model_versions::artist_id.eq(model_aliases::artist_id)
                .and(model_versions::model.eq(model_aliases::model))
                .and(model_versions::version.eq(model_aliases::version)),
        ))
        .filter(model_aliases::artist_id.eq(artist))
        .filter(model_versions::artist_id.eq(artist))
        .order((model_aliases::model, model_aliases::alias))
        .select((
            model_aliases::model,
            model_aliases::alias,
            model_aliases::version,
            model_aliases::moved_at,
            model_versions::task,
        ))
        .load(conn)
        .await)?;
    Ok(rows)
}

/// The aliases of one of an artist's models.
pub async fn aliases_of(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
) -> Result<Vec<AliasRow>, DbError> {
    let mut rows = aliases(db, artist).await?;
    rows.retain(|row| row.model == model);
    Ok(rows)
}

/// The version of the artist's own model that has an alias.
pub async fn holder(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    alias: Alias,
) -> Result<Option<VersionRow>, DbError> {
    let row = db::on!(db, conn => model_aliases::table
        .inner_join(model_versions::table.on(
            model_versions::artist_id.eq(model_aliases::artist_id)
                .and(model_versions::model.eq(model_aliases::model))
                .and(model_versions::version.eq(model_aliases::version)),
        ))
        .filter(model_aliases::artist_id.eq(artist))
        .filter(model_versions::artist_id.eq(artist))
        .filter(model_aliases::model.eq(model))
        .filter(model_aliases::alias.eq(alias))
        .select(VersionRow::as_select())
        .first(conn)
        .await
        .optional())?;
    Ok(row)
}
