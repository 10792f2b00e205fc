//! Distance from the running level: the median of the points before.

use super::ranked::Ranked;

/// Points that make the level.
const WINDOW: usize = 1000;

/// The level of one series.
#[derive(Debug, Clone)]
pub struct Level {
    values: Ranked,
}

impl Level {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self {
            values: Ranked::new(WINDOW),
        }
    }

    /// The median of the points before, none at the first; then remembers `value`.
    pub fn expect(&mut self, value: f64) -> Option<f64> {
        let expected = self.values.quantile(0.5);
        self.values.push(value);
        expected
    }
}
