//! Artists, and the first of them.

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::ArtistId;
use crate::schema::artists;
use crate::tokens::{self, Token};

/// An artist (or a label, or whoever runs campaigns for one): the owner of what is under its id.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Insertable)]
#[diesel(table_name = artists)]
pub struct ArtistRow {
    /// Names the artist.
    pub id: ArtistId,
    /// What people call it.
    pub name: String,
    /// When it joined.
    pub created_at: Time,
}

/// The first artist: a fixed id makes the race for it a matter of the primary key.
pub const OWNER: ArtistId = ArtistId(uuid::Uuid::from_u128(1));

/// Adds an artist with a first token, which is returned here and never again.
pub async fn create(db: &mut Db, name: &str, now: Time) -> Result<(ArtistRow, Token), DbError> {
    let row = ArtistRow {
        id: ArtistId::new(),
        name: name.to_owned(),
        created_at: now,
    };
    db::on!(db, conn => diesel::insert_into(artists::table).values(&row).execute(conn).await)?;
    let (_, token) = tokens::create(db, row.id, "first", now).await?;
    Ok((row, token))
}

/// Makes the first artist where there is none. Call it inside a transaction: of several processes
/// that start at once on an empty database one makes the owner, the others find it.
pub async fn ensure_owner(db: &mut Db, now: Time) -> Result<Option<Token>, DbError> {
    let row = ArtistRow {
        id: OWNER,
        name: "owner".to_owned(),
        created_at: now,
    };
    let made = db::on!(db, conn => diesel::insert_into(artists::table)
        .values(&row)
        .on_conflict_do_nothing()
        .execute(conn)
        .await)?;
    if made == 0 {
        return Ok(None);
    }
    let (_, token) = tokens::create(db, row.id, "owner", now).await?;
    Ok(Some(token))
}

/// Every artist, oldest first. For operators only.
pub async fn all(db: &mut Db) -> Result<Vec<ArtistRow>, DbError> {
    let rows = db::on!(db, conn => artists::table
        .order((artists::created_at, artists::id))
        .load(conn)
        .await)?;
    Ok(rows)
}

/// One artist. For operators only.
pub async fn find(db: &mut Db, id: ArtistId) -> Result<Option<ArtistRow>, DbError> {
    let row = db::on!(db, conn => artists::table.find(id).first(conn).await.optional())?;
    Ok(row)
}

/// Artists of this name, oldest first. For operators only.
pub async fn named(db: &mut Db, name: &str) -> Result<Vec<ArtistRow>, DbError> {
    let rows = db::on!(db, conn => artists::table
        .filter(artists::name.eq(name))
        .order(artists::id)
        .load(conn)
        .await)?;
    Ok(rows)
}

/// Those of `ids` that there are, none of which is erased before the caller's transaction ends. Whoever
/// enqueues jobs of artists without writing a row of theirs asks first.
pub async fn standing(db: &mut Db, ids: &[ArtistId]) -> Result<Vec<ArtistId>, DbError> {
    let query = artists::table
        .filter(artists::id.eq_any(ids))
        .order(artists::id)
        .select(artists::id);
    Ok(match db {
        Db::Pg(conn) => query.for_key_share().load(conn).await?,
        // The transaction already holds SQLite's one write lock.
        Db::Sqlite(conn) => query.load(conn).await?,
    })
}
