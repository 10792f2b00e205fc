//! PostgreSQL's own wake-ups, and its clock.

use std::time::{Duration, Instant};

use db::{Db, DbError, DbTime, Pool, Time};
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use tokio::time::timeout;

/// The channel on which this engine's processes tell each other.
const CHANNEL: &str = "queue_news";

diesel::define_sql_function! {
    /// The server's time, not the transaction's.
    fn clock_timestamp() -> DbTime;
}

#[diesel::declare_sql_function]
extern "SQL" {
    fn pg_notify(channel: Text, payload: Text) -> diesel::sql_types::Bool;
}

/// A listener that has heard nothing for so long asks whether the server still hears it.
const QUIET: Duration = Duration::from_secs(20);
/// How long it waits for the answer.
const ANSWER: Duration = Duration::from_secs(10);

/// An answer that took longer tells the time too inexactly.
const SLOW: Duration = Duration::from_secs(1);

/// The server's time, with the moment on this machine it belongs to; none when the answer was
/// too slow to know it.
pub(crate) async fn database_time(db: &mut Db) -> Result<Option<(Instant, Time)>, DbError> {
    let Db::Pg(conn) = db else {
        return Ok(None);
    };
    let asked = Instant::now();
    let theirs: Time = diesel::select(clock_timestamp()).get_result(conn).await?;
    // The answer was made about half way between asking and hearing.
    let took = asked.elapsed();
    Ok((took < SLOW).then_some((asked + took / 2, theirs)))
}

/// Sends a text to every listening process.
pub(crate) async fn notify(pool: &Pool, text: &str) -> Result<(), DbError> {
    let mut db = pool.get().await?;
    let Db::Pg(conn) = &mut *db else {
        return Ok(());
    };
    diesel::select(pg_notify(CHANNEL, text))
        .execute(conn)
        .await?;
    Ok(())
}

/// Listens on a connection of its own and hands each text to `hear`, until the connection ends.
/// `ready` is called once nothing more can be missed.
pub(crate) async fn listen(
    pool: &Pool,
    ready: impl FnOnce(),
    mut hear: impl FnMut(&str),
) -> Result<(), DbError> {
    use futures::StreamExt as _;
    let Db::Pg(mut conn) = pool.dedicated().await? else {
        return Ok(());
    };
    conn.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
    ready();
    loop {
        {
            let mut news = std::pin::pin!(conn.notifications_stream());
            while let Ok(notification) = timeout(QUIET, news.next()).await {
                let Some(notification) = notification else {
                    return Ok(());
                };
                hear(&notification?.payload);
            }
        }
        // Nobody speaks, or nobody is heard any more.
        let asked = timeout(ANSWER, conn.batch_execute("SELECT 1")).await;
        asked.map_err(|_| DbError::Unavailable {
            message: "the connection that listens is silent".into(),
        })??;
    }
}
