//! One connection to either store, and the guard that returns it to the pool.

use std::fmt;
use std::ops::{Deref, DerefMut};

use diesel::SqliteConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::pooled_connection::PoolableConnection as _;
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use tokio::sync::OwnedSemaphorePermit;

use crate::Blocking;
use crate::loan::Loan;
use crate::pool::Manager;

/// Which of the two databases this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A PostgreSQL server, version 14 or later.
    Postgres,
    /// The embedded SQLite file.
    Sqlite,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "postgres",
            Self::Sqlite => "sqlite",
        })
    }
}

/// The async face of diesel's SQLite connection.
pub type SqliteConn = SyncConnectionWrapper<SqliteConnection, Blocking>;

/// A connection to one of the two databases. Queries run through [`crate::on!`].
#[expect(
    clippy::large_enum_variant,
    reason = "connections live in the pool, a handful of them, and are lent by reference"
)]
pub enum Db {
    /// PostgreSQL.
    Pg(AsyncPgConnection),
    /// SQLite.
    Sqlite(SqliteConn),
}

impl Db {
    /// Which store this connection speaks to.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Pg(_) => Kind::Postgres,
            Self::Sqlite(_) => Kind::Sqlite,
        }
    }

    /// Whether a transaction was left open, or failed so that its state is unknown.
    fn left_open(&mut self) -> bool {
        match self {
            Self::Pg(conn) => conn.is_broken(),
            Self::Sqlite(conn) => conn.is_broken(),
        }
    }
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Db({})", self.kind())
    }
}

/// What the pool keeps: a connection and the means to tell whether a call is still inside it.
pub(crate) struct Pooled {
    pub(crate) db: Db,
    pub(crate) in_flight: Option<std::sync::Arc<std::sync::atomic::AtomicUsize>>,
    /// Watched by whoever drives a connection to PostgreSQL.
    pub(crate) loan: Loan,
}

impl Pooled {
    /// Whether the connection may not be used again: a call was abandoned inside it, or a
    /// transaction is still open because its future was dropped.
    pub(crate) fn must_discard(&mut self) -> bool {
        // Order matters: diesel-async panics when it is asked for the state of a connection that
        // a blocking call still holds.
        let abandoned = self
            .in_flight
            .as_ref()
            .is_some_and(|count| count.load(std::sync::atomic::Ordering::Acquire) > 0);
        abandoned || self.db.left_open()
    }
}

/// A connection on loan with the turn to write; derefs to [`Db`].
pub struct Writer {
    // Fields drop in this order: the connection is back, or closed, before the next one's turn.
    pub(crate) connection: Connection,
    pub(crate) _turn: Option<OwnedSemaphorePermit>,
}

impl Deref for Writer {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.connection
    }
}

impl DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Db {
        &mut self.connection
    }
}

/// A connection on loan from the pool; derefs to [`Db`]. It returns to the pool when dropped,
/// unless a transaction is still open in it: then it is closed, which rolls back.
pub struct Connection {
    /// `None` only while `drop` runs.
    pub(crate) object: Option<deadpool::managed::Object<Manager>>,
}

impl Deref for Connection {
    type Target = Db;

    fn deref(&self) -> &Db {
        match &self.object {
            Some(object) => &object.db,
            None => unreachable!("a connection has its object until it is dropped"),
        }
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut Db {
        match &mut self.object {
            Some(object) => &mut object.db,
            None => unreachable!("a connection has its object until it is dropped"),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let Some(mut object) = self.object.take() else {
            return;
        };
        object.loan.end();
        if std::thread::panicking() || object.must_discard() {
            tracing::debug!("a connection with an unfinished transaction is closed");
            drop(deadpool::managed::Object::take(object));
        }
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Connection({})", self.kind())
    }
}
