//! Schedules: jobs that are made by the clock.
//!
//! A schedule is a row: a [`crate::Cron`], what job each of its ticks makes, and what to do about
//! ticks that nobody was there for ([`CatchUp`]). Its `next_at` is the first tick not yet decided:
//!
//! ```text
//!               put, resume: the first tick after now
//!   (nothing) ─────────────────────────────────────────> next_at ──┐
//!                                        ▲   │                     │ due: some ticks make a job
//!                     paused: none <─────┼───┘ pause               │ each, the rest are let go
//!                                        └─────────────────────────┘
//! ```
//!
//! A tick and its job are written in one transaction, and the tick's row has a primary key of
//! schedule and time. So one tick makes one job, however many processes decide it, whenever they
//! stop, and wherever their clocks are set.

mod catch_up;
mod delete;
mod list;
mod new_schedule;
mod pause;
mod prune;
pub(crate) mod put;
mod schedule;
mod set_back;
mod tick;
mod trigger;
mod upcoming;

pub use catch_up::CatchUp;
pub use new_schedule::NewSchedule;
pub use schedule::{Schedule, ScheduleId, Tick};

pub(crate) use tick::keep;
