//! One model for many series: a residual perceptron that learns from all of them how the scaled
//! past goes on.

mod adam;
mod forecaster;
mod frame;
mod graph;
mod loss;
mod matrix;
mod net;
mod served;
mod told;
mod train;
mod windows;

pub use forecaster::{Forecaster, Quantiles};
pub use frame::{Frame, LONGEST_HORIZON, LONGEST_SEASON};
pub use graph::{FORM, TASK};
pub use served::{Served, refuse_negative};
pub use told::Told;
pub use train::{Settings, Training};
