//! Upkeep of models: turned on and off, told what became of rows, and asked what it found.

pub mod checks;
pub mod outcomes;
pub mod put;
pub mod remove;
pub mod show;
pub mod view;
