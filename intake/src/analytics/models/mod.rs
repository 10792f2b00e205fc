//! Models: trainings that are asked for, versions, and which of them answers.

mod accept;
pub mod erase;
pub mod list;
mod moving;
pub mod promote;
pub mod rollback;
pub mod show;
pub mod train;
pub mod view;
