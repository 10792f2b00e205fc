//! Acts: what people do to jobs, queues, schedules, flows and effects. Each is written down in the
//! transaction of its effect, with who did it: one that changed nothing is no act.

mod act;
mod actor;
mod list;

pub(crate) use act::Target;
pub use act::{Act, ActFilter, ActId, Deed};
pub use actor::Actor;
