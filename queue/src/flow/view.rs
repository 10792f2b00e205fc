//! A whole flow at a glance.

use serde::Serialize;

use crate::{Edge, FlowId, Job, Queue, QueueError, Scope, store};

/// A flow: its jobs and what they need.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowView {
    /// Its id.
    pub id: FlowId,
    /// Its jobs, in the order of their ids.
    pub jobs: Vec<Job>,
    /// Who needs whom.
    pub edges: Vec<Edge>,
}

impl Queue {
    /// One flow of the scope.
    pub async fn flow(&self, scope: Scope, id: FlowId) -> Result<Option<FlowView>, QueueError> {
        let mut db = self.pool().get().await?;
        let jobs = store::flow_jobs(&mut db, scope, id).await?;
        if jobs.is_empty() {
            return Ok(None);
        }
        let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
        let edges = store::edges_of(&mut db, &ids).await?;
        Ok(Some(FlowView { id, jobs, edges }))
    }
}
