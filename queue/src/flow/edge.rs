//! What one job needs of another, and what follows from how that one stands.

use serde::Serialize;

use crate::{JobId, State};

db::text_enum! {
    /// What becomes of a job when one it needs ends dead or cancelled.
    pub enum OnFailure {
        /// It is cancelled too, and so on along the flow.
        Cancel = "cancel",
        /// It goes on as if that one were done.
        Ignore = "ignore",
        /// It stays blocked until that one is retried and done.
        Hold = "hold",
    }
}

/// One job needs another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, diesel::Queryable)]
pub struct Edge {
    /// The one that waits.
    pub job_id: JobId,
    /// The one it waits for.
    pub needs_id: JobId,
    /// What becomes of the first when the second fails.
    pub on_failure: OnFailure,
}

/// What follows for a blocked job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// Everything it needs is there.
    Ready,
    /// It waits on.
    Blocked,
    /// This one failed, and so it shall not run.
    Failed(JobId),
}

/// Judges a job by all it needs, each with the state it is in; none: it is there no more.
pub(crate) fn judge(needs: impl IntoIterator<Item = (Edge, Option<State>)>) -> Judgement {
    let mut judgement = Judgement::Ready;
    for (edge, state) in needs {
        match (state, edge.on_failure) {
            (None | Some(State::Done), _)
            | (Some(State::Dead | State::Cancelled), OnFailure::Ignore) => {}
            (Some(State::Dead | State::Cancelled), OnFailure::Cancel) => {
                return Judgement::Failed(edge.needs_id);
            }
            _ => judgement = Judgement::Blocked,
        }
    }
    judgement
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_before_what_is_not_finished_and_that_before_what_is_met() {
        let edge = |on_failure| Edge {
            job_id: JobId::new(),
            needs_id: JobId::new(),
            on_failure,
        };
        let met = (edge(OnFailure::Cancel), Some(State::Done));
        let ignored = (edge(OnFailure::Ignore), Some(State::Dead));
        let unfinished = (edge(OnFailure::Ignore), Some(State::Retrying));
        let held = (edge(OnFailure::Hold), Some(State::Cancelled));
        let failed = (edge(OnFailure::Cancel), Some(State::Dead));
        assert_eq!(judge([]), Judgement::Ready);
        assert_eq!(judge([met, ignored]), Judgement::Ready);
        assert_eq!(judge([met, unfinished]), Judgement::Blocked);
        assert_eq!(judge([held, met]), Judgement::Blocked);
        let judged = judge([unfinished, held, failed, met]);
        assert_eq!(judged, Judgement::Failed(failed.0.needs_id));
    }
}
