//! New rows on PostgreSQL: all of a batch in one statement.

use db::{DbError, DbJson, DbTime, DbUuid, Document, Time};
use diesel::pg::Pg;
use diesel::sql_types::{Array, Integer, Nullable, SmallInt, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::lane::LaneId;
use crate::store::insert::NewRow;
use crate::store::row::TenantKey;
use crate::store::statement::{Bind, statement};
use crate::trace::TraceKey;
use crate::{FlowId, JobId, State};

statement! {
    Insert on Pg => () {
        ids: Array<DbUuid> = Vec<JobId>,
        tenants: Array<Nullable<DbUuid>> = Vec<Option<TenantKey>>,
        queues: Array<Text> = Vec<String>,
        kinds: Array<Text> = Vec<String>,
        states: Array<Text> = Vec<State>,
        priorities: Array<SmallInt> = Vec<i16>,
        payloads: Array<DbJson> = Vec<Document>,
        max_attempts: Array<Integer> = Vec<i32>,
        run_ats: Array<DbTime> = Vec<Time>,
        timeouts: Array<Integer> = Vec<i32>,
        bases: Array<Integer> = Vec<i32>,
        caps: Array<Integer> = Vec<i32>,
        created_ats: Array<DbTime> = Vec<Time>,
        lanes: Array<DbUuid> = Vec<LaneId>,
        limit_keys: Array<Nullable<Text>> = Vec<Option<String>>,
        flows: Array<Nullable<DbUuid>> = Vec<Option<FlowId>>,
        traces: Array<Nullable<DbUuid>> = Vec<Option<TraceKey>>,
    }
    "INSERT INTO queue_jobs (id, tenant_id, queue, kind, state, priority, payload, max_attempts, run_at, \
     timeout_seconds, backoff_base_ms, backoff_cap_ms, created_at, lane, limit_key, flow_id, trace_id) SELECT * FROM unnest("
    ids ", " tenants ", " queues ", " kinds ", " states ", " priorities ", " payloads ", " max_attempts ", "
    run_ats ", " timeouts ", " bases ", " caps ", " created_ats ", " lanes ", " limit_keys ", " flows ", " traces ")"
}

/// Inserts rows without unique keys.
pub(crate) async fn insert_all(
    conn: &mut AsyncPgConnection,
    rows: Vec<NewRow>,
) -> Result<(), DbError> {
    let mut ids = Vec::with_capacity(rows.len());
    let (mut tenants, mut queues, mut kinds) = (column(&rows), column(&rows), column(&rows));
    let (mut states, mut priorities) = (column(&rows), column(&rows));
    let (mut payloads, mut max_attempts) = (column(&rows), column(&rows));
    let (mut run_ats, mut timeouts) = (column(&rows), column(&rows));
    let (mut bases, mut caps, mut created_ats) = (column(&rows), column(&rows), column(&rows));
    let (mut lanes, mut limit_keys) = (column(&rows), column(&rows));
    let (mut flows, mut traces) = (column(&rows), column(&rows));
    for row in rows {
        ids.push(row.id);
        tenants.push(row.tenant_id);
        queues.push(row.queue);
        kinds.push(row.kind);
        states.push(row.state);
        priorities.push(row.priority);
        payloads.push(row.payload);
        max_attempts.push(row.max_attempts);
        run_ats.push(row.run_at);
        timeouts.push(row.timeout_seconds);
        bases.push(row.backoff_base_ms);
        caps.push(row.backoff_cap_ms);
        created_ats.push(row.created_at);
        lanes.push(row.lane);
        limit_keys.push(row.limit_key);
        flows.push(row.flow_id);
        traces.push(row.trace_id);
    }
    let statement = Insert {
        ids: Bind::new(ids),
        tenants: Bind::new(tenants),
        queues: Bind::new(queues),
        kinds: Bind::new(kinds),
        states: Bind::new(states),
        priorities: Bind::new(priorities),
        payloads: Bind::new(payloads),
        max_attempts: Bind::new(max_attempts),
        run_ats: Bind::new(run_ats),
        timeouts: Bind::new(timeouts),
        bases: Bind::new(bases),
        caps: Bind::new(caps),
        created_ats: Bind::new(created_ats),
        lanes: Bind::new(lanes),
        limit_keys: Bind::new(limit_keys),
        flows: Bind::new(flows),
        traces: Bind::new(traces),
    };
    statement.execute(conn).await?;
    Ok(())
}

/// An empty column with room for every row.
fn column<T>(rows: &[NewRow]) -> Vec<T> {
    Vec::with_capacity(rows.len())
}
