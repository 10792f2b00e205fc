//! What a forecaster's file says of its training.

use sha2::{Digest, Sha256};

use crate::forecast::series::Series;

/// What a model was trained on, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Series that were learned from.
    pub series: usize,
    /// Series that were not: too short, constant, or with values below 0.
    pub left_out: usize,
    /// Values of those that were.
    pub values: usize,
    /// SHA-256, in hex, of all series' values in their order.
    pub data: String,
    /// As in [`super::Settings`].
    pub seed: u64,
    /// As in [`super::Settings`].
    pub members: usize,
    /// As in [`super::Settings`].
    pub steps: u32,
}

impl Told {
    /// As entries of the model's metadata.
    pub fn metadata(&self) -> Vec<(&'static str, String)> {
        vec![
            ("trainer", env!("CARGO_PKG_VERSION").to_owned()),
            ("series", self.series.to_string()),
            ("values", self.values.to_string()),
            ("data", self.data.clone()),
            ("seed", self.seed.to_string()),
            ("members", self.members.to_string()),
            ("steps", self.steps.to_string()),
        ]
    }
}

/// SHA-256, in hex, of what is learned from: lengths and values, and where the series begin.
pub(super) fn fingerprint(series: &[Series]) -> String {
    let mut hash = Sha256::new();
    for each in series {
        for values in [&each.history, &each.followed] {
            hash.update((values.len() as u64).to_le_bytes());
            for value in values {
                hash.update(value.to_le_bytes());
            }
        }
        let start = each.weekday().map_or(7, |day| day as u64);
        hash.update(start.to_le_bytes());
    }
    hex::encode(hash.finalize())
}
