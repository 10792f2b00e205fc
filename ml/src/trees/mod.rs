//! Gradient-boosted oblivious trees for probabilities of yes or no.
//!
//! Every level of an oblivious tree asks one question of all rows, so a tree of depth d is a table
//! of 2^d leaves addressed by d comparisons: a few plain operators of ONNX, and Shapley values
//! without approximation. Trees are grown on histograms of quantile bins with second-order gains
//! (Friedman, Greedy function approximation, 2001; Chen and Guestrin, `XGBoost`, 2016; Prokhorenkova
//! and others, `CatBoost`, 2018).

mod bins;
mod boost;
mod cross;
mod forest;
mod grow;
mod shap;

pub use bins::{Binned, MOST_BORDERS, Matrix};
pub use boost::{Boosting, Settings, sigmoid};
pub use cross::{Cross, folds};
pub use forest::{Forest, Split, Tree};
pub use shap::{Explanation, explain};
