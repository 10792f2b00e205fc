//! What a claim reads of a row: all that it does not know by itself.

use db::{DbJson, DbTime, DbUuid, Document, Time};
use diesel::Queryable;
use diesel::sql_types::{BigInt, Integer, Nullable, SmallInt, Text};

use super::row::{Row, TenantKey};
use crate::lane::LaneId;
use crate::trace::TraceKey;
use crate::{FlowId, JobId, State};

#[derive(Debug, Queryable)]
pub(crate) struct ClaimedRow {
    id: JobId,
    tenant_id: Option<TenantKey>,
    kind: String,
    priority: i16,
    payload: Document,
    attempt: i32,
    max_attempts: i32,
    fence: i64,
    run_at: Time,
    timeout_seconds: i32,
    backoff_base_ms: i32,
    backoff_cap_ms: i32,
    created_at: Time,
    lane: LaneId,
    limit_key: Option<String>,
    flow_id: Option<FlowId>,
    trace_id: Option<TraceKey>,
}

/// The columns of [`ClaimedRow`].
pub(super) const CLAIMED: &str = "id, tenant_id, kind, priority, payload, attempt, max_attempts, \
    fence, run_at, timeout_seconds, backoff_base_ms, backoff_cap_ms, created_at, lane, limit_key, flow_id, trace_id";

/// The SQL types of [`ClaimedRow`].
pub(super) type ClaimedTypes = (
    DbUuid,
    Nullable<DbUuid>,
    Text,
    SmallInt,
    DbJson,
    Integer,
    Integer,
    BigInt,
    DbTime,
    Integer,
    Integer,
    Integer,
    DbTime,
    DbUuid,
    Nullable<Text>,
    Nullable<DbUuid>,
    Nullable<DbUuid>,
);

impl ClaimedRow {
    /// The whole row, as the claim at `now` left it.
    pub(super) fn into_row(self, queue: &str, now: Time) -> Row {
        Row {
            id: self.id,
            tenant_id: self.tenant_id,
            queue: queue.to_owned(),
            kind: self.kind,
            state: State::Running,
            priority: self.priority,
            payload: self.payload,
            attempt: self.attempt,
            max_attempts: self.max_attempts,
            fence: self.fence,
            run_at: self.run_at,
            timeout_seconds: self.timeout_seconds,
            backoff_base_ms: self.backoff_base_ms,
            backoff_cap_ms: self.backoff_cap_ms,
            progress: 0.0,
            stage: None,
            cancel_requested_at: None,
            cancel_reason: None,
            output: None,
            error_code: None,
            error_message: None,
            created_at: self.created_at,
            started_at: Some(now),
            finished_at: None,
            lane: self.lane,
            limit_key: self.limit_key,
            flow_id: self.flow_id,
            trace_id: self.trace_id,
        }
    }
}
