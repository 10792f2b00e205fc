//! Running the embedded migrations. Starters that come at once wait for one another: PostgreSQL
//! by an advisory lock, SQLite by its write lock.

use std::time::Duration;

use diesel::SqliteConnection;
use diesel::migration::{MigrationSource, MigrationVersion};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::address::Address;
use crate::{DbError, PoolOptions, postgres, sqlite};

const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");

/// The advisory lock that starters of one database share; any fixed number does.
const LOCK: i64 = 0x6d61_7862;
/// How long SQLite waits for another starter's migrations.
const WAIT: Duration = Duration::from_mins(1);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What to do with the migrations.
#[derive(Debug, Clone, Copy)]
enum Act {
    Run,
    Pending,
    RevertLast,
}

/// Brings the database up to this program's schema: runs what is pending, in order, each in its
/// own transaction, and names it.
pub async fn migrate(url: &str) -> Result<Vec<String>, DbError> {
    act(url, Act::Run).await
}

/// Names what [`migrate`] would run.
pub async fn pending(url: &str) -> Result<Vec<String>, DbError> {
    act(url, Act::Pending).await
}

/// Reverts the newest migration that was run, and names it.
pub async fn revert(url: &str) -> Result<Vec<String>, DbError> {
    act(url, Act::RevertLast).await
}

async fn act(url: &str, act: Act) -> Result<Vec<String>, DbError> {
    match Address::parse(url)? {
        Address::Postgres(config) => {
            let mut conn = postgres::open(&config, &PoolOptions::default()).await?;
            // Held by the session: it goes when the connection closes, whatever happens.
            conn.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))
                .await?;
            blocking(move || {
                let mut conn = AsyncConnectionWrapper::<AsyncPgConnection>::from(conn);
                perform(&mut conn, POSTGRES, act)
            })
            .await
        }
        Address::Sqlite(path) => {
            sqlite::create_file(&path)?;
            blocking(move || {
                let mut conn = sqlite::open_now(&path, WAIT)?;
                conn.immediate_transaction(|conn: &mut SqliteConnection| {
                    perform(conn, SQLITE, act).map_err(Rollback::Failed)
                })
                .map_err(Failure::from)
            })
            .await
        }
    }
}

/// diesel's transaction wants an error that its own errors become.
#[derive(Debug, thiserror::Error)]
enum Rollback {
    #[error(transparent)]
    Diesel(#[from] diesel::result::Error),
    #[error("{0}")]
    Failed(Failure),
}

/// Migrations are diesel's blocking code; they run off the async threads.
async fn blocking<F>(work: F) -> Result<Vec<String>, DbError>
where
    F: FnOnce() -> Result<Vec<String>, Failure> + Send + 'static,
{
    let finished = tokio::task::spawn_blocking(work).await;
    finished
        .map_err(|error| DbError::Migration {
            message: error.to_string(),
        })?
        .map_err(|error| DbError::Migration {
            message: error.to_string(),
        })
}

fn perform<C, DB, S>(conn: &mut C, source: S, act: Act) -> Result<Vec<String>, Failure>
where
    DB: diesel::backend::Backend,
    C: MigrationHarness<DB>,
    S: MigrationSource<DB>,
{
    match act {
        Act::Run => {
            let ran = conn.run_pending_migrations(source)?;
            Ok(ran.iter().map(MigrationVersion::to_string).collect())
        }
        Act::Pending => {
            let pending = conn.pending_migrations(source)?;
            let names = pending.iter();
            Ok(names
                .map(|migration| migration.name().to_string())
                .collect())
        }
        Act::RevertLast => {
            let reverted = conn.revert_last_migration(source)?;
            Ok(vec![reverted.to_string()])
        }
    }
}
