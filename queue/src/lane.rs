//! Lanes: whose turn it is. Jobs of one lane go in order; claims go round the lanes.

use db::Time;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::JobId;

db::id! {
    /// One tenant's jobs under one limit key.
    pub(crate) LaneId
}

impl LaneId {
    /// The lane before all others.
    pub(crate) const FIRST: Self = Self(Uuid::nil());

    /// The lane of a tenant's jobs that count against `limit_key`; the platform's own work is one
    /// tenant more.
    pub(crate) fn of(tenant: Option<Uuid>, limit_key: Option<&str>) -> Self {
        let tenant = tenant.unwrap_or_default();
        Self(limit_key.map_or(tenant, |key| Uuid::new_v5(&tenant, key.as_bytes())))
    }
}

/// A lane of one priority in one queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lane {
    #[serde(rename = "p")]
    pub(crate) priority: i16,
    #[serde(rename = "l")]
    pub(crate) id: LaneId,
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(crate) tenant_id: Option<Uuid>,
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit_key: Option<String>,
}

/// A lane in which jobs wait, and the time of the first of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    #[serde(flatten)]
    pub(crate) lane: Lane,
    #[serde(rename = "r")]
    pub(crate) run_at: Time,
}

/// A place in a lane's order: jobs wait behind it only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(crate) Time, pub(crate) JobId);

impl Place {
    /// Before every job of that time.
    pub(crate) fn before(run_at: Time) -> Self {
        Self(run_at, JobId(Uuid::nil()))
    }
}
