//! The rows of `queue_acts`.

use db::{Db, DbError, Document, Time};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::row::TenantKey;
use super::schema::queue_acts;
use crate::{Act, ActFilter, ActId, Page};

/// A row, whole.
#[derive(Debug, Clone, Queryable, Insertable)]
#[diesel(table_name = queue_acts)]
pub(crate) struct ActRow {
    pub id: ActId,
    pub at: Time,
    pub actor: String,
    pub tenant_id: Option<TenantKey>,
    pub act: String,
    pub target_kind: String,
    pub target: String,
    pub details: Document,
}

impl ActRow {
    fn into_act(self) -> Act {
        Act {
            id: self.id,
            at: self.at,
            actor: self.actor,
            tenant_id: self.tenant_id.map(TenantKey::uuid),
            act: self.act,
            target_kind: self.target_kind,
            target: self.target,
            details: self.details.0,
        }
    }
}

/// Writes an act down.
pub(crate) async fn insert_act(db: &mut Db, row: &ActRow) -> Result<(), DbError> {
    let statement = diesel::insert_into(queue_acts::table).values(row);
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// Writes how far an act of several transactions has come.
pub(crate) async fn tell_act(db: &mut Db, id: ActId, details: Document) -> Result<(), DbError> {
    let statement = diesel::update(queue_acts::table.find(id)).set(queue_acts::details.eq(details));
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

/// A page of acts, newest first. Without a target it walks the primary key.
pub(crate) async fn acts(
    db: &mut Db,
    filter: &ActFilter,
    page: Page<ActId>,
) -> Result<Vec<Act>, DbError> {
    let rows: Vec<ActRow> = db::on!(db, conn => {
        let mut query = queue_acts::table
            .order(queue_acts::id.desc())
            .limit(i64::from(page.limit.clamp(1, 1000)))
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(queue_acts::id.lt(after));
        }
        if let Some(actor) = &filter.actor {
            query = query.filter(queue_acts::actor.eq(actor));
        }
        if let Some(act) = &filter.act {
            query = query.filter(queue_acts::act.eq(act));
        }
        if let Some(target) = &filter.target {
            query = query.filter(queue_acts::target.eq(target));
        }
        query.load(conn).await
    })?;
    Ok(rows.into_iter().map(ActRow::into_act).collect())
}

/// Deletes up to `limit` acts from before `before`, the oldest first. Runs inside the caller's
/// transaction.
pub(crate) async fn prune_acts(db: &mut Db, before: Time, limit: usize) -> Result<usize, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    // Ids sort by time, so what is old is found at the beginning of the primary key.
    let query = queue_acts::table
        .order(queue_acts::id)
        .limit(limit)
        .select((queue_acts::id, queue_acts::at));
    let oldest: Vec<(ActId, Time)> = db::on!(db, conn => query.load(conn).await)?;
    let old = oldest.into_iter().filter(|(_, at)| *at < before);
    let ids: Vec<ActId> = old.map(|(id, _)| id).collect();
    let statement = diesel::delete(queue_acts::table.filter(queue_acts::id.eq_any(&ids)));
    Ok(db::on!(db, conn => statement.execute(conn).await)?)
}
