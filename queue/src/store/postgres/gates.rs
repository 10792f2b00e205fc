//! The gates of limits on PostgreSQL: all keys of a claim in one statement.

use db::{DbError, DbTime, Time};
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::store::statement::{Bind, statement};

statement! {
    /// Makes the row or locks it. A full bucket is as full now as it was.
    Enter on Pg => (Text, DbTime) {
        keys: Array<Text> = Vec<String>,
        now: DbTime = Time,
    }
    "INSERT INTO queue_gates (key, full_at) SELECT key, " now " FROM unnest(" keys
    ") WITH ORDINALITY AS k (key, place) ORDER BY place ON CONFLICT (key) \
     DO UPDATE SET full_at = GREATEST(queue_gates.full_at, excluded.full_at) RETURNING key, full_at"
}

statement! {
    Fill on Pg => () {
        keys: Array<Text> = Vec<String>,
        full_ats: Array<DbTime> = Vec<Time>,
    }
    "UPDATE queue_gates g SET full_at = f.full_at FROM unnest(" keys ", " full_ats
    ") AS f (key, full_at) WHERE g.key = f.key"
}

statement! {
    /// Waiting for a gate here while claims wait for others in their order could be for ever.
    Prune on Pg => () {
        before: DbTime = Time,
        limit: BigInt = i64,
    }
    "DELETE FROM queue_gates WHERE key = ANY (ARRAY(SELECT key FROM queue_gates WHERE full_at <= " before
    " LIMIT " limit " FOR UPDATE SKIP LOCKED))"
}

/// See [`crate::store::prune_gates`].
pub(crate) async fn prune_gates(
    conn: &mut AsyncPgConnection,
    before: Time,
    limit: i64,
) -> Result<usize, DbError> {
    let statement = Prune {
        before: Bind::new(before),
        limit: Bind::new(limit),
    };
    Ok(statement.execute(conn).await?)
}

/// See [`crate::store::enter_gates`].
pub(crate) async fn enter_gates(
    conn: &mut AsyncPgConnection,
    keys: Vec<String>,
    now: Time,
) -> Result<Vec<(String, Time)>, DbError> {
    let statement = Enter {
        keys: Bind::new(keys),
        now: Bind::new(now),
    };
    Ok(statement.load(conn).await?)
}

/// See [`crate::store::fill_gates`].
pub(crate) async fn fill_gates(
    conn: &mut AsyncPgConnection,
    full_at: Vec<(String, Time)>,
) -> Result<(), DbError> {
    let (keys, full_ats) = full_at.into_iter().unzip();
    let statement = Fill {
        keys: Bind::new(keys),
        full_ats: Bind::new(full_ats),
    };
    statement.execute(conn).await?;
    Ok(())
}
