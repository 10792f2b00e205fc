//! What a claim asks of its keys' limits, with the gates locked until its transaction ends, in
//! one order: by key, after what operators said of the queues.

use std::collections::HashMap;

use db::{Db, DbError, Pool, Time};
use diesel::dsl::count_star;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::schema::queue_jobs;
use super::workers::running;
use super::{postgres, sqlite};
use crate::limits::name_of;
use crate::{Limit, Rate};

/// A key that has a limit, and when its bucket will be full.
#[derive(Debug)]
pub(crate) struct Gate {
    pub(crate) key: String,
    pub(crate) full_at: Time,
    pub(crate) max_running: Option<u32>,
    pub(crate) rate: Option<Rate>,
}

/// How many jobs of each of `keys` run; those of which none does are left out.
pub(crate) async fn running_of(
    db: &mut Db,
    keys: &[String],
) -> Result<HashMap<String, i64>, DbError> {
    let query = queue_jobs::table
        .filter(running())
        .filter(queue_jobs::limit_key.eq_any(keys))
        .group_by(queue_jobs::limit_key)
        .select((queue_jobs::limit_key.assume_not_null(), count_star()));
    let counts: Vec<(String, i64)> = db::on!(db, conn => query.load(conn).await)?;
    Ok(counts.into_iter().collect())
}

/// Locks the gates of those of `keys` that have a limit. They must be sorted, each once.
pub(crate) async fn enter_gates(
    db: &mut Db,
    keys: &[&str],
    now: Time,
) -> Result<Vec<Gate>, DbError> {
    let mut names: Vec<&str> = keys.iter().map(|key| name_of(key)).collect();
    names.dedup();
    let limits = super::limits::limits_of(db, &names).await?;
    let limited = |key: &&&str| limits.iter().any(|limit| limit.name == name_of(key));
    let keys: Vec<String> = keys
        .iter()
        .filter(limited)
        .map(|k| (*k).to_owned())
        .collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let entered = match db {
        Db::Pg(conn) => postgres::enter_gates(conn, keys, now).await?,
        Db::Sqlite(conn) => sqlite::enter_gates(conn, keys, now).await?,
    };
    let gate = |(key, full_at): (String, Time)| {
        let limit: &Limit = limits.iter().find(|limit| limit.name == name_of(&key))?;
        Some(Gate {
            full_at,
            max_running: limit.max_running,
            rate: limit.rate,
            key,
        })
    };
    Ok(entered.into_iter().filter_map(gate).collect())
}

/// Writes when buckets will be full.
pub(crate) async fn fill_gates(db: &mut Db, full_at: Vec<(String, Time)>) -> Result<(), DbError> {
    match db {
        Db::Pg(conn) => postgres::fill_gates(conn, full_at).await,
        Db::Sqlite(conn) => sqlite::fill_gates(conn, full_at).await,
    }
}

/// Forgets up to `limit` gates whose buckets have been full since `before` and that nobody is
/// entering, and answers how many.
pub(crate) async fn prune_gates(pool: &Pool, before: Time, limit: usize) -> Result<usize, DbError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut db = pool.writer().await?;
    match &mut *db {
        Db::Pg(conn) => postgres::prune_gates(conn, before, limit).await,
        Db::Sqlite(conn) => sqlite::prune_gates(conn, before, limit).await,
    }
}
