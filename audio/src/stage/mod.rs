//! The stages of the mastering chain, each on its own: given numbers, they change samples.

pub(crate) mod compressor;
pub(crate) mod detector;
pub(crate) mod dither;
pub(crate) mod equaliser;
pub(crate) mod fir;
pub(crate) mod limiter;
