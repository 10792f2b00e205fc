//! The hot verbs on SQLite: one hop to a blocking thread each, and one transaction.

mod claim;
mod finish;
mod outside;
mod promote;

pub(crate) use claim::claim;
pub(crate) use finish::{finish, finish_within};
pub(crate) use outside::data_version;
pub(crate) use promote::promote;
