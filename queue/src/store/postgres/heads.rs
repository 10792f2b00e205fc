//! Which lanes have waiting jobs, on PostgreSQL: from each lane a leap to the next.

use db::{DbError, DbUuid};
use diesel::pg::Pg;
use diesel::sql_types::{BigInt, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::lane::LaneId;
use crate::store::heads::{HEAD, HeadRow, HeadTypes};
use crate::store::statement::{Bind, statement};

statement! {
    /// The recursion ends as soon as the limit is reached: it is evaluated lazily.
    Heads on Pg => HeadTypes {
        queue: Text = String,
        priority: SmallInt = i16,
        lane: DbUuid = LaneId,
        limit: BigInt = i64,
    }
    "WITH RECURSIVE heads AS ((SELECT " (HEAD) " FROM queue_jobs WHERE queue = " queue
    " AND state = 'waiting' AND (priority, lane) > (" priority ", " lane
    ") ORDER BY priority, lane, run_at LIMIT 1) UNION ALL SELECT n.* FROM heads h CROSS JOIN LATERAL \
     (SELECT " (HEAD) " FROM queue_jobs j WHERE j.queue = " queue
    " AND j.state = 'waiting' AND (j.priority, j.lane) > (h.priority, h.lane) \
     ORDER BY j.priority, j.lane, j.run_at LIMIT 1) n) SELECT * FROM heads LIMIT " limit
}

/// See [`crate::store::heads`].
pub(crate) async fn heads(
    conn: &mut AsyncPgConnection,
    queue: &str,
    priority: i16,
    lane: LaneId,
    limit: i64,
) -> Result<Vec<HeadRow>, DbError> {
    let statement = Heads {
        queue: Bind::new(queue.to_owned()),
        priority: Bind::new(priority),
        lane: Bind::new(lane),
        limit: Bind::new(limit),
    };
    Ok(statement.load(conn).await?)
}
