//! The two databases as one: PostgreSQL and SQLite behind one connection type, one pool, one
//! transaction, one set of column types and one migrations runner. It knows no table.
//!
//! A query is written once, in diesel's DSL, inside [`on!`], which expands it for both stores:
//!
//! ```ignore
//! let artist: Artist = db::on!(db, conn => artists::table.find(id).first(conn).await)?;
//! ```

mod address;
mod blocking;
mod connection;
mod error;
mod loan;
pub mod migrations;
mod pool;
mod postgres;
mod sqlite;
mod transaction;
pub mod types;

pub use blocking::Blocking;
pub use connection::{Connection, Db, Kind, SqliteConn, Writer};
pub use error::{ConstraintKind, DbError};
pub use migrations::migrate;
pub use pool::{Pool, PoolOptions};
pub use types::{DbJson, DbTime, DbUuid, Document, Json, Time};

/// What the macros of this crate expand to names of; not for direct use.
#[doc(hidden)]
pub mod expansion {
    pub use diesel;
    pub use serde;
    pub use uuid;
}

/// Expands one query body for both stores.
///
/// `db` is a place of type [`Db`] (for instance `*db` is not needed when `db: &mut Db`), and
/// `conn` names the diesel connection inside the body. Both expansions must have one type.
#[macro_export]
macro_rules! on {
    ($db:expr, $conn:ident => $body:expr) => {
        match *$db {
            $crate::Db::Pg(ref mut $conn) => $body,
            $crate::Db::Sqlite(ref mut $conn) => $body,
        }
    };
}
