//! Opening a PostgreSQL connection.

use std::time::Duration;

use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures::FutureExt as _;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Config, Connection, NoTls, Socket};

use crate::loan::Loan;
use crate::{DbError, PoolOptions};

/// Connects, for whoever keeps the connection for good, and asks something of it now and then.
pub(crate) async fn open(
    config: &Config,
    options: &PoolOptions,
) -> Result<AsyncPgConnection, DbError> {
    let (client, connection) = connect(config, options).await?;
    let conn = AsyncPgConnection::try_from_client_and_connection(client, connection);
    limited(conn.await?, options).await
}

/// Connects, for a pool: it ends when one loan of it lasts too long.
pub(crate) async fn open_for_loans(
    config: &Config,
    options: &PoolOptions,
) -> Result<(AsyncPgConnection, Loan), DbError> {
    let (client, connection) = connect(config, options).await?;
    let loan = Loan::default();
    let connection = connection.map(|ended| {
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended");
        }
    });
    tokio::spawn(loan.clone().drive(connection, options.loan));
    let conn = AsyncPgConnection::try_from(client).await?;
    Ok((limited(conn, options).await?, loan))
}

/// A server may never learn that its client gave a connection up. It would keep the locks of the
/// transaction that it was in the middle of, and the session, for ever.
async fn limited(
    mut conn: AsyncPgConnection,
    options: &PoolOptions,
) -> Result<AsyncPgConnection, DbError> {
    // Zero would mean never.
    let transaction = options.loan.as_millis().max(1);
    let session = options.max_age.as_millis().max(1);
    conn.batch_execute(&format!(
        "SET idle_in_transaction_session_timeout = {transaction}; \
         SET idle_session_timeout = {session}"
    ))
    .await?;
    Ok(conn)
}

/// Connects, with keep-alives so that a peer which vanished is noticed within about a minute.
async fn connect(
    config: &Config,
    options: &PoolOptions,
) -> Result<(Client, Connection<Socket, NoTlsStream>), DbError> {
    let mut config = config.clone();
    config.connect_timeout(options.connect);
    config.keepalives_idle(Duration::from_secs(20));
    config.keepalives_interval(Duration::from_secs(10));
    config.keepalives_retries(3);
    config.tcp_user_timeout(Duration::from_mins(1));
    if config.get_application_name().is_none() {
        config.application_name(&options.application_name);
    }
    config.connect(NoTls).await.map_err(unavailable)
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
