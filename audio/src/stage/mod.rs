//! The stages of the mastering chain, each on its own: given numbers, they change samples.

pub(crate) mod autoregression;
pub(crate) mod chain;
pub(crate) mod convolver;
pub(crate) mod crossover;
pub(crate) mod curve;
pub(crate) mod declip;
pub(crate) mod dither;
pub(crate) mod dynamics;
pub(crate) mod filter;
pub(crate) mod impulse;
pub(crate) mod limiter;
pub(crate) mod low_mono;
pub(crate) mod matching;
pub(crate) mod multiband;
pub(crate) mod offset;
pub(crate) mod resample;
pub(crate) mod saturation;
