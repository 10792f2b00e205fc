//! Opening a SQLite file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use crate::connection::{Db, Pooled};
use crate::loan::Loan;
use crate::{Blocking, DbError};

/// Makes the file and its folder when absent, for their owner's eyes only.
pub(crate) fn create_file(path: &Path) -> Result<(), DbError> {
    let made = || -> std::io::Result<()> {
        if let Some(folder) = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
        {
            folder_for_owner(folder)?;
        }
        file_for_owner(path)
    };
    made().map_err(|error| DbError::Unavailable {
        message: format!("{}: {error}", path.display()),
    })
}

fn folder_for_owner(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// SQLite gives its `-wal` and `-shm` files the mode of the database file.
fn file_for_owner(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// Opens one connection. `wait` is how long a statement waits for another process' lock.
pub(crate) async fn open(path: PathBuf, wait: Duration) -> Result<Pooled, DbError> {
    let opened = tokio::task::spawn_blocking(move || open_now(&path, wait)).await;
    let conn = opened.map_err(|error| DbError::Unavailable {
        message: error.to_string(),
    })??;
    let runner = Blocking::default();
    let in_flight = runner.in_flight();
    Ok(Pooled {
        db: Db::Sqlite(SyncConnectionWrapper::with_runtime(conn, runner)),
        in_flight: Some(in_flight),
        loan: Loan::default(),
    })
}

/// Opens the file and sets what every connection needs: a write-ahead log, an fsync for every
/// commit (an acknowledged write survives a power cut), and foreign keys.
pub(crate) fn open_now(path: &Path, wait: Duration) -> Result<SqliteConnection, DbError> {
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {}; \
         PRAGMA journal_mode = WAL; \
         PRAGMA synchronous = FULL; \
         PRAGMA foreign_keys = ON; \
         PRAGMA temp_store = MEMORY; \
         PRAGMA cache_size = -8000; \
         PRAGMA journal_size_limit = 67108864;",
        wait.as_millis()
    ))?;
    Ok(conn)
}
