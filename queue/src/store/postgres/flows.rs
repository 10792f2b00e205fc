//! One change of a flow at a time, on PostgreSQL.

use db::DbError;
use diesel::pg::Pg;
use diesel::sql_types::{Array, BigInt, Bool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::FlowId;
use crate::store::statement::{Bind, statement};

statement! {
    /// The rows of an array come in its order, and the locks with them.
    LockFlows on Pg => Bool { keys: Array<BigInt> = Vec<i64> }
    "SELECT pg_advisory_xact_lock(k) FROM unnest(" keys ") AS k"
}

/// See [`crate::store::lock_flows`].
pub(crate) async fn lock_flows(
    conn: &mut AsyncPgConnection,
    flows: &[FlowId],
) -> Result<(), DbError> {
    // The low half of a UUIDv7 is random. Two flows that share a key wait for each other in vain.
    let key = |flow: &FlowId| flow.uuid().as_u64_pair().1.cast_signed();
    let mut keys: Vec<i64> = flows.iter().map(key).collect();
    // Always in the same order, so that no two wait for each other for ever.
    keys.sort_unstable();
    keys.dedup();
    let statement = LockFlows {
        keys: Bind::new(keys),
    };
    statement.execute(conn).await?;
    Ok(())
}
