//! Which lanes have waiting jobs.

use db::{Db, DbError, DbTime, DbUuid, Pool, Time};
use diesel::Queryable;
use diesel::sql_types::{Nullable, SmallInt, Text};

use super::row::TenantKey;
use super::{postgres, sqlite};
use crate::lane::{Head, Lane, LaneId};

/// What is read of a lane's first job.
#[derive(Debug, Queryable)]
pub(crate) struct HeadRow {
    pub(super) priority: i16,
    pub(super) lane: LaneId,
    tenant_id: Option<TenantKey>,
    limit_key: Option<String>,
    run_at: Time,
}

/// The columns of [`HeadRow`].
pub(super) const HEAD: &str = "priority, lane, tenant_id, limit_key, run_at";

/// The SQL types of [`HeadRow`].
pub(super) type HeadTypes = (SmallInt, DbUuid, Nullable<DbUuid>, Nullable<Text>, DbTime);

impl HeadRow {
    pub(super) fn into_head(self) -> Head {
        Head {
            lane: Lane {
                priority: self.priority,
                id: self.lane,
                tenant_id: self.tenant_id.map(TenantKey::uuid),
                limit_key: self.limit_key,
            },
            run_at: self.run_at,
        }
    }
}

/// Up to `limit` lanes of `queue` in which jobs wait, by priority and lane, behind `after`.
pub(crate) async fn heads(
    pool: &Pool,
    queue: &str,
    after: Option<(i16, LaneId)>,
    limit: i64,
) -> Result<Vec<Head>, DbError> {
    // Priorities begin at 0.
    let (priority, lane) = after.unwrap_or((-1, LaneId::FIRST));
    let mut db = pool.get().await?;
    let rows = match &mut *db {
        Db::Pg(conn) => postgres::heads(conn, queue, priority, lane, limit).await?,
        Db::Sqlite(conn) => sqlite::heads(conn, queue, priority, lane, limit).await?,
    };
    Ok(rows.into_iter().map(HeadRow::into_head).collect())
}
