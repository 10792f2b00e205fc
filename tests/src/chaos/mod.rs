//! What a worker process under chaos and its test agree on.

mod deed;
mod outside;

pub use deed::{Deed, Kind, Poison};
pub use outside::{Asked, Outside};
