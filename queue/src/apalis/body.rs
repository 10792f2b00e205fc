//! One body on its own task: watched for its end, its time-out and its signal to stop.

use std::any::Any;
use std::time::Duration;

use tokio::task::{JoinError, JoinHandle};
use tracing::Instrument as _;

use crate::{Claimed, Fault, Outcome, StopReason};

/// How long a body that was told to stop may take to end by itself.
const PATIENCE: Duration = Duration::from_secs(5);

/// How an attempt ended, for the engine.
#[derive(Debug)]
pub(super) enum End {
    /// As the body said.
    Outcome(Outcome),
    /// Handed back; the attempt does not count.
    Released,
    /// Not ours any more: nothing is written.
    Abandoned,
}

/// Aborts the task when it is dropped, so that no body outlives the one who acknowledges it.
struct Aborting(JoinHandle<Outcome>);

impl Drop for Aborting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs the body to its end, in the job's trace and span.
pub(super) async fn run(
    claimed: &Claimed,
    body: impl Future<Output = Outcome> + Send + 'static,
) -> End {
    let stop = claimed.stop();
    let trace = claimed.job().trace_id;
    let body = trace.scope(body).instrument(claimed.span().clone());
    let mut task = Aborting(tokio::spawn(body));
    let finished = tokio::select! {
        biased;
        finished = &mut task.0 => Some(finished),
        () = stop.token().cancelled() => None,
        () = tokio::time::sleep(claimed.timeout()) => {
            stop.fire(StopReason::TimedOut);
            None
        }
    };
    let finished = match finished {
        Some(finished) => Some(finished),
        None => tokio::time::timeout(PATIENCE, &mut task.0).await.ok(),
    };
    let said = finished.map(|finished| finished.unwrap_or_else(broken));
    conclude(said, stop.reason())
}

/// What counts when a body was told to stop: work that is done is done, whatever it was told.
fn conclude(said: Option<Outcome>, reason: Option<&StopReason>) -> End {
    match (said, reason) {
        (Some(Outcome::Done(output)), _) => End::Outcome(Outcome::Done(output)),
        (_, Some(StopReason::Cancelled(why))) => End::Outcome(Outcome::Cancelled(why.clone())),
        (_, Some(StopReason::LeaseLost)) => End::Abandoned,
        (_, Some(StopReason::Draining)) => End::Released,
        (Some(Outcome::Dead(fault)), Some(StopReason::TimedOut)) => {
            End::Outcome(Outcome::Dead(fault))
        }
        (_, Some(StopReason::TimedOut)) | (None, None) => {
            End::Outcome(Outcome::Retry(Fault::transient(
                "timed_out",
                "the attempt took longer than its contract allows",
            )))
        }
        (Some(said), None) => End::Outcome(said),
    }
}

fn broken(error: JoinError) -> Outcome {
    let message = match error.try_into_panic() {
        Ok(panic) => words(panic.as_ref()),
        Err(_) => "the body's task was ended from outside".to_owned(),
    };
    Outcome::Retry(Fault::transient("panicked", message))
}

fn words(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "the body panicked".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_that_is_done_counts_even_after_a_request_to_stop() {
        let done = Outcome::Done(serde_json::json!(1));
        for reason in [
            StopReason::LeaseLost,
            StopReason::Draining,
            StopReason::TimedOut,
        ] {
            let end = conclude(Some(done.clone()), Some(&reason));
            assert!(matches!(end, End::Outcome(Outcome::Done(_))), "{end:?}");
        }
    }

    #[test]
    fn a_body_that_ignored_its_signal_ends_by_the_signals_reason() {
        let end = conclude(None, Some(&StopReason::Cancelled("why".into())));
        assert!(matches!(end, End::Outcome(Outcome::Cancelled(why)) if why == "why"));
        assert!(matches!(
            conclude(None, Some(&StopReason::Draining)),
            End::Released
        ));
        assert!(matches!(
            conclude(None, Some(&StopReason::LeaseLost)),
            End::Abandoned
        ));
        let end = conclude(None, Some(&StopReason::TimedOut));
        assert!(matches!(end, End::Outcome(Outcome::Retry(fault)) if fault.code == "timed_out"));
    }
}
