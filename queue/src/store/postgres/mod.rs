//! The hot verbs on PostgreSQL: one statement each, over arrays.

mod claim;
mod finish;
mod flows;
mod gates;
mod heads;
mod insert;
mod listen;
mod promote;

pub(crate) use claim::claim;
pub(crate) use finish::finish;
pub(crate) use flows::lock_flows;
pub(crate) use gates::{enter_gates, fill_gates, prune_gates};
pub(crate) use heads::heads;
pub(crate) use insert::insert_all;
pub(crate) use listen::{database_time, listen, notify};
pub(crate) use promote::promote;
