//! Datasets: rows that an artist handed in to learn from.

mod accept;
pub mod create;
pub mod list;
pub mod show;
pub mod view;
