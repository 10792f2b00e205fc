//! The keeper: what the engine does for itself, by one elected process at a time.
//!
//! Every process that runs workers is a candidate. At each beat of its own lease, once that is
//! renewed, it stands for election ([`lead`]); the one that holds the office performs the duties,
//! one after another, each at its own pace. A leader that dies is replaced once its lease on the
//! office has lapsed, at the next beat of any other; one that shuts down gives the office up.
//!
//! A leader trusts its lease only until a beat before its end, by the engine's clock, and looks
//! again before every bounded batch: a process that was stopped and wakes finds the time gone and
//! begins nothing more. Yet nothing depends on there being one leader only: what a duty does is
//! guarded where it is done, by a row's lock, its fence or a constraint, so that a second leader
//! at work on the same rows costs time and does no harm.

mod acts;
mod duty;
mod gates;
mod lead;
mod leadership;
mod prune;
mod rescue;
mod rota;
mod ticks;
mod unblock;

use std::sync::Arc;

use crate::Queue;
use crate::worker::Shared;
pub use duty::{Duty, Term};
pub use lead::Leader;
pub(crate) use lead::resign;
pub(crate) use leadership::Leadership;
pub use prune::Retention;
use rota::Rota;

/// Every duty. One of the engine's own is a file beside this one and a line here; those of the
/// program around it come with its options.
fn duties(queue: &Queue) -> Vec<Duty> {
    let options = queue.options();
    let mut duties = vec![
        rescue::lapsed(options.beat),
        rescue::orphaned(options.beat),
        prune::duty(),
        ticks::duty(),
        gates::duty(),
        unblock::duty(),
        acts::duty(),
    ];
    duties.extend(options.duties.iter().cloned());
    duties
}

/// Stands for election and serves, until the worker stops.
pub(crate) fn start(shared: &Arc<Shared>) -> Leadership {
    let leadership = Leadership::none(Arc::clone(shared.queue.clock()));
    let candidate = lead::campaign(Arc::clone(shared), leadership.clone());
    let service = serve(shared.queue.clone(), leadership.clone());
    tokio::spawn(shared.stopped.clone().run_until_cancelled_owned(candidate));
    tokio::spawn(shared.stopped.clone().run_until_cancelled_owned(service));
    leadership
}

/// Performs the duties whenever this process leads.
async fn serve(queue: Queue, leadership: Leadership) {
    loop {
        leadership.begun().await;
        let term = Term::new(queue.clone(), leadership.clone());
        let mut rota = Rota::begin(duties(&queue), queue.options().seed, queue.now());
        while leadership.holds() {
            match rota.next(queue.now()) {
                Ok(duty) => duty.perform(&term).await,
                Err(at) => queue.clock().wait_until(at).await,
            }
        }
    }
}
