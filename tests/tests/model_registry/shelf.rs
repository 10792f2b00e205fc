//! A database with artists, and versions to put there.

use db::{Db, DbError, Document, Pool, PoolOptions, Time};
use models::registry::{self, Act, Alias, Move, MoveRow, Task, VersionRow};
use models::{ArtistId, JobId, accounts};
use serde_json::json;

pub const MODEL: &str = "fans";
pub const NOW: Time = Time::from_micros(1_796_000_000_000_000);

/// A database with the schema, and its folder when it is a file.
pub struct Shelf {
    pub pool: Pool,
    pub url: String,
    _folder: Option<tempfile::TempDir>,
}

impl Shelf {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("models.db").display());
        db::migrate(&url).await.unwrap();
        Self::on(&url, Some(folder)).await
    }

    pub async fn postgres() -> Self {
        Self::on(&support::postgres::database().await, None).await
    }

    async fn on(url: &str, folder: Option<tempfile::TempDir>) -> Self {
        Self {
            pool: Pool::connect(url, PoolOptions::default()).await.unwrap(),
            url: url.to_owned(),
            _folder: folder,
        }
    }

    pub async fn artist(&self, name: &str) -> ArtistId {
        let mut db = self.pool.writer().await.unwrap();
        accounts::create(&mut db, name, NOW).await.unwrap().0.id
    }

    /// Puts version `number` of the artist's model there.
    pub async fn put(&self, artist: ArtistId, number: u64) -> String {
        let row = version(artist, number);
        let mut db = self.pool.writer().await.unwrap();
        assert!(registry::insert_version(&mut db, &row).await.unwrap());
        row.version
    }

    /// Moves an alias, in a transaction as it must be.
    pub async fn move_alias(&self, wanted: Move) -> Result<Option<MoveRow>, DbError> {
        let moved = self
            .pool
            .tx(move |db| Box::pin(async move { registry::move_alias(db, &wanted, NOW).await }));
        moved.await
    }

    pub async fn holder(&self, artist: ArtistId, alias: Alias) -> Option<String> {
        let mut db = self.pool.get().await.unwrap();
        let held = registry::holder(&mut db, artist, MODEL, alias).await;
        held.unwrap().map(|row| row.version)
    }

    pub async fn history(&self, artist: ArtistId) -> Vec<MoveRow> {
        let mut db = self.pool.get().await.unwrap();
        registry::history(&mut db, artist, MODEL, 100)
            .await
            .unwrap()
    }

    pub async fn db(&self) -> impl std::ops::DerefMut<Target = Db> {
        self.pool.writer().await.unwrap()
    }
}

/// The name of a version: 64 digits.
pub fn name(number: u64) -> String {
    format!("{number:064x}")
}

pub fn version(artist: ArtistId, number: u64) -> VersionRow {
    VersionRow {
        artist_id: artist,
        model: MODEL.to_owned(),
        version: name(number),
        parent: None,
        task: Task::Churn,
        metadata: Document(json!({ "metrics": { "auc": 0.7 } })),
        size_bytes: 10,
        object_key: registry::object_key(artist),
        job_id: JobId::new(),
        created_at: NOW + std::time::Duration::from_secs(number),
    }
}

pub fn wish(artist: ArtistId, alias: Alias, from: Option<u64>, to: u64) -> Move {
    Move {
        artist_id: artist,
        model: MODEL.to_owned(),
        alias,
        act: Act::Promoted,
        from: from.map(name),
        to: name(to),
        actor: "artist".to_owned(),
        why: "a test".to_owned(),
        evidence: Some(Document(json!({ "lower_bound": 0.01 }))),
    }
}
