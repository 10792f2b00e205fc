//! Artifacts: files that jobs made, of masters, previews, albums and analyses. They are recorded together
//! with the result that they are part of, in its transaction.

use std::collections::HashMap;

use db::{Db, DbError, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use serde_json::Value;
use uuid::Uuid;

use crate::schema::artifacts;
use crate::{AlbumId, AnalysisId, ArtistId, MasterId, OwnerId};

db::text_enum! {
    /// What kinds of rows own files.
    pub enum OwnerKind {
        /// A master, or a preview of one.
        Master = "master",
        /// An analysis.
        Analysis = "analysis",
        /// An album.
        Album = "album",
    }
}

/// The row that files belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// Whose it is.
    pub artist_id: ArtistId,
    /// What it is.
    pub kind: OwnerKind,
    /// Its id.
    pub id: OwnerId,
}

impl Owner {
    /// A master, or a preview of one.
    pub fn master(artist_id: ArtistId, id: MasterId) -> Self {
        Self::new(artist_id, OwnerKind::Master, id.uuid())
    }

    /// An analysis.
    pub fn analysis(artist_id: ArtistId, id: AnalysisId) -> Self {
        Self::new(artist_id, OwnerKind::Analysis, id.uuid())
    }

    /// An album.
    pub fn album(artist_id: ArtistId, id: AlbumId) -> Self {
        Self::new(artist_id, OwnerKind::Album, id.uuid())
    }

    fn new(artist_id: ArtistId, kind: OwnerKind, id: Uuid) -> Self {
        Self {
            artist_id,
            kind,
            id: id.into(),
        }
    }

    /// The folder of all its files in object storage, under its artist's own.
    pub fn object_folder(self) -> String {
        let kind = match self.kind {
            OwnerKind::Master => "masters",
            OwnerKind::Analysis => "analyses",
            OwnerKind::Album => "albums",
        };
        format!("artists/{}/{kind}/{}", self.artist_id, self.id)
    }

    /// A new folder in it for one attempt's files, never the same twice: a late attempt never
    /// writes over the files that count.
    pub fn attempt_folder(self) -> String {
        format!("{}/{}", self.object_folder(), Uuid::now_v7())
    }
}

/// A file. Its bytes are in object storage.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = artifacts)]
pub struct Artifact {
    /// Its name among the files of its owner, also a part of an address.
    pub name: String,
    /// What its bytes are, in a word.
    pub format: String,
    /// Their media type.
    pub media_type: String,
    /// Their number.
    pub size_bytes: i64,
    /// Their SHA-256, hexadecimal.
    pub sha256: String,
    /// Where they are.
    pub object_key: String,
}

/// The one result of a job: its files and what is told of them.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultRow {
    /// The files, in the order in which they were asked for.
    pub files: Vec<Artifact>,
    /// What was measured and done.
    pub report: Value,
    /// When the result was there.
    pub completed_at: Time,
}

#[derive(Insertable)]
#[diesel(table_name = artifacts)]
struct Columns<'a> {
    artist_id: ArtistId,
    owner_kind: OwnerKind,
    owner_id: OwnerId,
    position: i32,
    name: &'a str,
    format: &'a str,
    media_type: &'a str,
    size_bytes: i64,
    sha256: &'a str,
    object_key: &'a str,
}

/// Adds all files of an owner that has none yet, in their order.
pub async fn insert(db: &mut Db, owner: Owner, files: &[Artifact]) -> Result<(), DbError> {
    for (position, file) in (0..).zip(files) {
        let columns = Columns {
            artist_id: owner.artist_id,
            owner_kind: owner.kind,
            owner_id: owner.id,
            position,
            name: &file.name,
            format: &file.format,
            media_type: &file.media_type,
            size_bytes: file.size_bytes,
            sha256: &file.sha256,
            object_key: &file.object_key,
        };
        db::on!(db, conn => diesel::insert_into(artifacts::table)
            .values(&columns)
            .execute(conn)
            .await)?;
    }
    Ok(())
}

/// The files of one owner, in their order.
pub async fn of(db: &mut Db, owner: Owner) -> Result<Vec<Artifact>, DbError> {
    let mut files = of_many(db, owner.artist_id, owner.kind, &[owner.id]).await?;
    Ok(files.remove(&owner.id).unwrap_or_default())
}

/// The files of an artist's owners of a kind, by owner, each in their order.
pub async fn of_many(
    db: &mut Db,
    artist: ArtistId,
    kind: OwnerKind,
    owners: &[OwnerId],
) -> Result<HashMap<OwnerId, Vec<Artifact>>, DbError> {
    let rows: Vec<(OwnerId, Artifact)> = db::on!(db, conn => artifacts::table
        .filter(artifacts::artist_id.eq(artist))
        .filter(artifacts::owner_kind.eq(kind))
        .filter(artifacts::owner_id.eq_any(owners))
        .order(artifacts::position)
        .select((artifacts::owner_id, Artifact::as_select()))
        .load(conn)
        .await)?;
    let mut files: HashMap<OwnerId, Vec<Artifact>> = HashMap::with_capacity(owners.len());
    for (owner, file) in rows {
        files.entry(owner).or_default().push(file);
    }
    Ok(files)
}
