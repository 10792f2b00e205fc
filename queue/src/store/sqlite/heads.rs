//! Which lanes have waiting jobs, on SQLite: one leap a lane, in one hop.

use db::{DbError, DbUuid, SqliteConn};
use diesel::prelude::*;
use diesel::sql_types::{SmallInt, Text};
use diesel::sqlite::{Sqlite, SqliteConnection};

use crate::lane::LaneId;
use crate::store::heads::{HEAD, HeadRow, HeadTypes};
use crate::store::statement::{Bind, statement};

statement! {
    NextHead on Sqlite => HeadTypes {
        queue: Text = String,
        priority: SmallInt = i16,
        lane: DbUuid = LaneId,
    }
    "SELECT " (HEAD) " FROM queue_jobs WHERE queue = " queue
    " AND state = 'waiting' AND (priority, lane) > (" priority ", " lane
    ") ORDER BY priority, lane, run_at LIMIT 1"
}

/// See [`crate::store::heads`].
pub(crate) async fn heads(
    conn: &mut SqliteConn,
    queue: &str,
    priority: i16,
    lane: LaneId,
    limit: i64,
) -> Result<Vec<HeadRow>, DbError> {
    let queue = queue.to_owned();
    let leap = move |conn: &mut SqliteConnection| {
        let mut heads: Vec<HeadRow> = Vec::new();
        let (mut priority, mut lane) = (priority, lane);
        for _ in 0..limit {
            let statement = NextHead {
                queue: Bind::new(queue.clone()),
                priority: Bind::new(priority),
                lane: Bind::new(lane),
            };
            let Some(head) = statement.get_result::<HeadRow>(conn).optional()? else {
                break;
            };
            (priority, lane) = (head.priority, head.lane);
            heads.push(head);
        }
        QueryResult::Ok(heads)
    };
    Ok(conn.spawn_blocking(leap).await?)
}
