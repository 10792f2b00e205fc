//! Moves of aliases: by compare-and-swap, each with its record in the same transaction.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::aliases::{Alias, aliases_of};
use crate::schema::{model_aliases, model_moves};
use crate::{ArtistId, MoveId};

db::text_enum! {
    /// What a move was part of.
    pub enum Act {
        /// The version was trained just now.
        Trained = "trained",
        /// It was chosen.
        Promoted = "promoted",
        /// The one before it was chosen again.
        RolledBack = "rolled_back",
    }
}

/// A move, as it is recorded.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = model_moves)]
pub struct MoveRow {
    /// Names the move; later ones are greater.
    pub id: MoveId,
    /// Whose the model is.
    pub artist_id: ArtistId,
    /// The model, by its name among the artist's.
    pub model: String,
    /// The alias.
    pub alias: Alias,
    /// What the move was part of.
    pub act: Act,
    /// The version that had the alias before; none for the first.
    pub from_version: Option<String>,
    /// The version that has it since.
    pub to_version: String,
    /// Who moved it: `artist`, `job <id>`, `operator <name>`.
    pub actor: String,
    /// Why, in plain words.
    pub why: String,
    /// The figures that spoke for it.
    pub evidence: Option<Document>,
    /// When.
    pub created_at: Time,
}

/// A move that is wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Whose the model is.
    pub artist_id: ArtistId,
    /// The model, by its name among the artist's.
    pub model: String,
    /// The alias.
    pub alias: Alias,
    /// What the move is part of.
    pub act: Act,
    /// The version that has the alias now, as far as the mover knows; none: no version has it.
    pub from: Option<String>,
    /// The version that shall have it.
    pub to: String,
    /// Who moves it.
    pub actor: String,
    /// Why, in plain words.
    pub why: String,
    /// The figures that speak for it.
    pub evidence: Option<Document>,
}

/// Moves an alias, if it is where the mover thinks it is. `None`: it is somewhere else, and nothing
/// was done. Call it in a transaction, so that no move is without its record.
///
/// A version that is not the artist's own is refused by the foreign key.
pub async fn move_alias(db: &mut Db, wanted: &Move, now: Time) -> Result<Option<MoveRow>, DbError> {
    let moved = match &wanted.from {
        None => db::on!(db, conn => diesel::insert_into(model_aliases::table)
            .values((
                model_aliases::artist_id.eq(wanted.artist_id),
                model_aliases::model.eq(&wanted.model),
                model_aliases::alias.eq(wanted.alias),
                model_aliases::version.eq(&wanted.to),
                model_aliases::moved_at.eq(now),
            ))
            .on_conflict((
                model_aliases::artist_id,
                model_aliases::model,
                model_aliases::alias,
            ))
            .do_nothing()
            .execute(conn)
            .await)?,
        Some(from) => db::on!(db, conn => diesel::update(model_aliases::table)
            .filter(model_aliases::artist_id.eq(wanted.artist_id))
            .filter(model_aliases::model.eq(&wanted.model))
            .filter(model_aliases::alias.eq(wanted.alias))
            .filter(model_aliases::version.eq(from))
            .set((
                model_aliases::version.eq(&wanted.to),
                model_aliases::moved_at.eq(now),
            ))
            .execute(conn)
            .await)?,
    };
    if moved == 0 {
        return Ok(None);
    }
    let row = MoveRow {
        id: MoveId::new(),
        artist_id: wanted.artist_id,
        model: wanted.model.clone(),
        alias: wanted.alias,
        act: wanted.act,
        from_version: wanted.from.clone(),
        to_version: wanted.to.clone(),
        actor: wanted.actor.clone(),
        why: wanted.why.clone(),
        evidence: wanted.evidence.clone(),
        created_at: now,
    };
    db::on!(db, conn => diesel::insert_into(model_moves::table)
        .values(&row)
        .execute(conn)
        .await)?;
    Ok(Some(row))
}

/// The champion before `champion`: the version that it took the place of when it was last trained or
/// promoted to be the champion. A rollback is not looked at, so that rolling back again goes
/// further back.
pub async fn previous_champion(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    champion: &str,
) -> Result<Option<String>, DbError> {
    let row: Option<Option<String>> = db::on!(db, conn => model_moves::table
        .filter(model_moves::artist_id.eq(artist))
        .filter(model_moves::model.eq(model))
        .filter(model_moves::alias.eq(Alias::Champion))
        .filter(model_moves::to_version.eq(champion))
        .filter(model_moves::act.ne(Act::RolledBack))
        .order(model_moves::id.desc())
        .select(model_moves::from_version)
        .first(conn)
        .await
        .optional())?;
    Ok(row.flatten())
}

/// The versions of the artist's own model that answer or challenge, and the one that a rollback brings back.
pub async fn in_reach(db: &mut Db, artist: ArtistId, model: &str) -> Result<Vec<String>, DbError> {
    let aliases = aliases_of(db, artist, model).await?;
    let champion = aliases.iter().find(|row| row.alias == Alias::Champion);
    let before = match champion {
        Some(champion) => previous_champion(db, artist, model, &champion.version).await?,
        None => None,
    };
    let named = aliases.into_iter().map(|row| row.version);
    Ok(named.chain(before).collect())
}

/// The newest moves of the aliases of the artist's own model, the newest first.
pub async fn history(
    db: &mut Db,
    artist: ArtistId,
    model: &str,
    limit: i64,
) -> Result<Vec<MoveRow>, DbError> {
    let rows = db::on!(db, conn => model_moves::table
        .filter(model_moves::artist_id.eq(artist))
        .filter(model_moves::model.eq(model))
        .order(model_moves::id.desc())
        .limit(limit)
        .select(MoveRow::as_select())
        .load(conn)
        .await)?;
    Ok(rows)
}
