//! News over PostgreSQL's LISTEN and NOTIFY.

use std::sync::Arc;

use db::Pool;
use uuid::Uuid;

use super::Local;
use super::transport::{RECONNECT, hear};
use crate::store;

/// Listens for ever, on a connection of its own, and opens a new one whenever it ends. What was
/// told in between is lost, so everyone looks once after each connect.
pub(super) async fn listen(pool: Pool, local: Arc<Local>, origin: Uuid) {
    loop {
        let ready = || local.deliver_all();
        let heard = |text: &str| hear(&local, origin, text);
        if let Err(error) = store::postgres::listen(&pool, ready, heard).await {
            tracing::debug!(%error, "the listener's connection ended");
        }
        tokio::time::sleep(RECONNECT).await;
    }
}

/// Tells the other processes. A failure costs latency only: they look for themselves in time.
pub(super) async fn notify(pool: &Pool, text: &str) {
    if let Err(error) = store::postgres::notify(pool, text).await {
        tracing::debug!(%error, "a wake-up was not sent");
    }
}
