//! The engine's only SQL. What is not hot is written once for both stores; the hot verbs
//! (claim, finish, promote) are written per store, to each one's strength.

mod act;
mod acts;
mod attempts;
mod body;
mod claimed;
mod controls;
mod effects;
mod erasing;
mod flows;
mod gates;
mod heads;
mod hot;
mod incarnations;
mod insert;
mod lapse;
mod leases;
mod limits;
mod lists;
mod log;
mod payload;
pub(crate) mod postgres;
mod prune;
mod row;
mod schedules;
mod schema;
pub(crate) mod sqlite;
mod statement;
mod ticks;
mod workers;

pub(crate) use act::{cancel, retry};
pub(crate) use acts::{ActRow, acts, insert_act, prune_acts, tell_act};
pub(crate) use attempts::attempts;
pub(crate) use body::{holds_fence, lock_fence, progress, read_checkpoint, write_checkpoint};
pub(crate) use controls::{
    ControlRow, controls, drop_control, hold_control, is_gated, max_running, running_in,
    set_control,
};
pub(crate) use effects::{
    EffectRow, ambiguous_effects, effect, effects, happened, intend, not_happened, resolve, unknown,
};
pub(crate) use erasing::{
    delete_acts_of, delete_acts_on_jobs, delete_jobs, delete_keys_of, delete_schedules_of,
    held_of_tenant, hold_act, hold_idle_of_tenant, jobs_of_tenant, open_effects_of,
    running_of_tenant, unfinished_of_tenant, unsettled_of_tenant,
};
pub(crate) use flows::{
    Moved, cancel_flow, edges_of, edges_to, flow_jobs, insert_edges, lock_flows, needed, unblock,
};
pub(crate) use gates::{Gate, enter_gates, fill_gates, prune_gates, running_of};
pub(crate) use heads::heads;
pub(crate) use hot::{claim, claim_within, finish, next_due, promote};
pub(crate) use incarnations::{incarnations, prune_incarnations};
pub(crate) use insert::{insert, insert_all};
pub(crate) use lapse::{lapsed, orphaned, rescue_from};
pub(crate) use leases::{end_lease, lease, take_lease};
pub(crate) use limits::{delete_limit, limits, put_limit};
pub(crate) use lists::{
    Hands, count, depths, floor, hands, job, jobs, jobs_by_id, redrivable, waiting_of,
};
pub(crate) use log::{append_log, log_of, note};
pub(crate) use prune::{Bounds, prune};
pub(crate) use row::{Ack, Row, Verdict};
pub(crate) use schedules::{
    ScheduleRow, delete_schedule, hold_named, hold_schedule, insert_schedule, replace_schedule,
    schedule, schedules, set_paused,
};
pub(crate) use ticks::{
    advance, changed_after, due_schedules, hold_due, next_tick, prune_ticks, record_tick, set_next,
    tick_of,
};
pub(crate) use workers::{
    HeldRow, Registration, WorkerRow, beat, cancel_requests, deregister, held_counts, held_rows,
    register, workers,
};
