//! Opening a PostgreSQL connection.

use std::time::Duration;

use diesel_async::AsyncPgConnection;
use tokio_postgres::{Config, NoTls};

use crate::{DbError, PoolOptions};

/// Connects, with keep-alives so that a peer which vanished is noticed within about a minute.
pub(crate) async fn open(
    config: &Config,
    options: &PoolOptions,
) -> Result<AsyncPgConnection, DbError> {
    let mut config = config.clone();
    config.connect_timeout(options.connect);
    config.keepalives_idle(Duration::from_secs(20));
    config.keepalives_interval(Duration::from_secs(10));
    config.keepalives_retries(3);
    config.tcp_user_timeout(Duration::from_mins(1));
    if config.get_application_name().is_none() {
        config.application_name(&options.application_name);
    }
    let (client, connection) = config.connect(NoTls).await.map_err(unavailable)?;
    let conn = AsyncPgConnection::try_from_client_and_connection(client, connection);
    Ok(conn.await?)
}

/// A failure to connect, with the server's own words (`password authentication failed …`) but
/// never the address or the password.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn unavailable(error: tokio_postgres::Error) -> DbError {
    let message = match (error.as_db_error(), std::error::Error::source(&error)) {
        (Some(server), _) => server.message().to_owned(),
        (None, Some(cause)) => format!("{error}: {cause}"),
        (None, None) => error.to_string(),
    };
    DbError::Unavailable { message }
}
