//! The hot verbs on PostgreSQL: one statement each, over arrays.

mod claim;
mod finish;
mod flows;
mod listen;
mod promote;

pub(crate) use claim::claim;
pub(crate) use finish::finish;
pub(crate) use flows::lock_flows;
pub(crate) use listen::{database_time, listen, notify};
pub(crate) use promote::promote;
