//! The hot verbs on SQLite: one hop to a blocking thread each, and one transaction.

mod claim;
mod finish;
mod gates;
mod heads;
mod insert;
mod outside;
mod promote;

pub(crate) use claim::{claim, claim_within};
pub(crate) use finish::{finish, finish_within};
pub(crate) use gates::{enter_gates, fill_gates, prune_gates};
pub(crate) use heads::heads;
pub(crate) use insert::insert_all;
pub(crate) use outside::data_version;
pub(crate) use promote::promote;
