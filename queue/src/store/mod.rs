//! The engine's only SQL. What is not hot is written once for both stores; the hot verbs
//! (claim, finish, promote) are written per store, to each one's strength.

mod act;
mod attempts;
mod body;
mod hot;
mod insert;
mod lapse;
mod leases;
mod lists;
pub(crate) mod postgres;
mod prune;
mod row;
mod schema;
pub(crate) mod sqlite;
mod statement;
mod workers;

pub(crate) use act::{cancel, retry};
pub(crate) use attempts::attempts;
pub(crate) use body::{lock_fence, progress, read_checkpoint, write_checkpoint};
pub(crate) use hot::{claim, finish, next_due, promote};
pub(crate) use insert::insert;
pub(crate) use lapse::{lapsed, orphaned, rescue_from};
pub(crate) use leases::{end_lease, lease, take_lease};
pub(crate) use lists::{depths, job, jobs, jobs_by_id, waiting_of};
pub(crate) use prune::{Bounds, prune};
pub(crate) use row::{Ack, Row, Verdict};
pub(crate) use workers::{
    HeldRow, Registration, beat, cancel_requests, deregister, held_rows, register,
};
