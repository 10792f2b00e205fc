//! Noticing what other processes wrote to the SQLite file.

use std::sync::Arc;
use std::time::Duration;

use db::{Db, DbError, Pool};

use super::Local;
use super::transport::RECONNECT;
use crate::store;

/// How often the file's version is compared: a read of shared memory.
const INTERVAL: Duration = Duration::from_millis(500);

/// Watches for ever, on a connection of its own. Writes of this process' other connections count
/// as well; they cost a needless look.
pub(super) async fn watch(pool: Pool, local: Arc<Local>) {
    loop {
        if let Err(error) = watch_once(&pool, &local).await {
            tracing::debug!(%error, "the watching connection ended");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

async fn watch_once(pool: &Pool, local: &Local) -> Result<(), DbError> {
    let mut db: Db = pool.dedicated().await?;
    let mut seen = store::sqlite::data_version(&mut db).await?;
    loop {
        tokio::time::sleep(INTERVAL).await;
        let version = store::sqlite::data_version(&mut db).await?;
        if version != seen {
            seen = version;
            local.deliver_all();
        }
    }
}
