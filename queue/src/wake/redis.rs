//! News over Redis' publish and subscribe.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use uuid::Uuid;

use super::Local;
use super::transport::{RECONNECT, hear};
use crate::QueueError;

/// The channel on which this engine's processes tell each other.
const CHANNEL: &str = "queue:news";
/// A Redis that does not answer within this is passed by.
const PATIENCE: Duration = Duration::from_secs(1);

/// A link to Redis that is opened when first used and reopened when lost.
#[derive(Clone)]
pub(super) struct Link {
    client: redis::Client,
    publisher: ConnectionManager,
}

impl Link {
    /// Reads the address; Redis itself need not be there.
    pub(super) fn open(url: &str) -> Result<Self, QueueError> {
        let invalid = |_| QueueError::Invalid {
            message: "the address of Redis is not usable".into(),
        };
        let client = redis::Client::open(url).map_err(invalid)?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE))
            .set_number_of_retries(1);
        let publisher =
            ConnectionManager::new_lazy_with_config(client.clone(), config).map_err(invalid)?;
        Ok(Self { client, publisher })
    }

    /// Tells the other processes; false: they were not reached.
    pub(super) async fn publish(&self, text: &str) -> bool {
        let mut publisher = self.publisher.clone();
        let mut command = redis::cmd("PUBLISH");
        command.arg(CHANNEL).arg(text);
        let sent = command.query_async::<i64>(&mut publisher);
        matches!(tokio::time::timeout(PATIENCE, sent).await, Ok(Ok(_)))
    }

    /// Listens for ever.
    pub(super) async fn listen(self, local: Arc<Local>, origin: Uuid) {
        loop {
            if let Err(error) = self.listen_once(&local, origin).await {
                tracing::debug!(kind = ?error.kind(), "the Redis listener's connection ended");
            }
            tokio::time::sleep(RECONNECT).await;
        }
    }

    async fn listen_once(&self, local: &Local, origin: Uuid) -> redis::RedisResult<()> {
        let mut listener = self.client.get_async_pubsub().await?;
        listener.subscribe(CHANNEL).await?;
        local.deliver_all();
        let mut messages = listener.on_message();
        while let Some(message) = messages.next().await {
            let text: String = message.get_payload()?;
            hear(local, origin, &text);
        }
        Ok(())
    }
}
