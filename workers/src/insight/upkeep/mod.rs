//! Upkeep: models that are looked after by jobs. What is decided is `ml::upkeep`'s; here rows are fetched,
//! decisions are recorded with their figures, and what follows is enqueued, all of it in one fenced
//! transaction a job.

mod churn;
mod forecast;
mod found;
pub mod judge_challenger;
mod lately;
mod looked;
mod noted;
mod retraining;
mod rivals;
pub mod roll_back_model;
pub mod watch_model;

pub use lately::is_worse_than_methods;
