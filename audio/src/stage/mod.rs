//! The stages of the mastering chain, each on its own: given numbers, they change samples.

pub(crate) mod curve;
pub(crate) mod dither;
pub(crate) mod fir;
pub(crate) mod limiter;
pub(crate) mod matching;
