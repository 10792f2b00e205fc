//! The latest numbers of a stream, kept in order: ranks and quantiles of a sliding window.

use std::collections::VecDeque;

/// The last `capacity` numbers, sorted. Pushing moves memory, which up to some ten thousand numbers
/// is quicker than any tree.
#[derive(Debug, Clone)]
pub struct Ranked {
    sorted: Vec<f64>,
    order: VecDeque<f64>,
    capacity: usize,
}

impl Ranked {
    /// Room for `capacity` numbers, at least one.
    pub fn new(capacity: usize) -> Self {
        Self {
            sorted: Vec::new(),
            order: VecDeque::new(),
            capacity: capacity.max(1),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// How many are less than `value`.
    pub fn below(&self, value: f64) -> usize {
        self.sorted.partition_point(|other| *other < value)
    }

    /// The `count` highest, in ascending order.
    pub fn highest(&self, count: usize) -> &[f64] {
        let first = self.sorted.len().saturating_sub(count);
        self.sorted.get(first..).unwrap_or_default()
    }

    /// The number at `share` of the way from the least to the highest; none while there is none.
    pub fn quantile(&self, share: f64) -> Option<f64> {
        let last = self.sorted.len().checked_sub(1)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of an index, clamped to 0..=1"
        )]
        let place = (last as f64 * share.clamp(0.0, 1.0)) as usize;
        self.sorted.get(place).copied()
    }

    /// Adds a finite number; the oldest leaves when there is no room.
    pub fn push(&mut self, value: f64) {
        if self.order.len() == self.capacity
            && let Some(oldest) = self.order.pop_front()
        {
            self.sorted.remove(self.below(oldest));
        }
        let place = self.below(value);
        self.sorted.insert(place, value);
        self.order.push_back(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_sorted_window(values in prop::collection::vec(-9_i32..9, 1..60), room in 1_usize..20) {
            let mut ranked = Ranked::new(room);
            for value in &values {
                ranked.push(f64::from(*value));
            }
            let mut window: Vec<f64> = values.iter().rev().take(room).copied().map(f64::from).collect();
            window.sort_by(f64::total_cmp);
            prop_assert_eq!(ranked.highest(room), &window[..]);
            prop_assert_eq!(ranked.below(0.0), window.iter().filter(|value| **value < 0.0).count());
        }
    }
}
