//! The stages of the mastering chain, each on its own: given numbers, they change samples.

pub(crate) mod autoregression;
pub(crate) mod chain;
pub(crate) mod compressor;
pub(crate) mod convolver;
pub(crate) mod crossover;
pub(crate) mod declip;
pub(crate) mod detector;
pub(crate) mod dither;
pub(crate) mod dynamics;
pub(crate) mod equaliser;
pub(crate) mod filter;
pub(crate) mod fir;
pub(crate) mod impulse;
pub(crate) mod limiter;
pub(crate) mod low_mono;
pub(crate) mod multiband;
pub(crate) mod resample;
pub(crate) mod saturation;
