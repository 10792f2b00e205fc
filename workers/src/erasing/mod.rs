//! Erasing an artist whole: access first, then what runs, rows, jobs, files.

mod course;
mod desk;
mod duty;
mod objects;

pub use course::Step;
pub use desk::ErasingDesk;
pub use duty::unfinished_erasings;
