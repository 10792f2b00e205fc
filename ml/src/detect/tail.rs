//! How surprising a distance is, by the distances that this series had before.
//!
//! Within what was seen, the surprise is minus the logarithm of the share of earlier distances at
//! least as large (a conformal p-value: Vovk, Gammerman and Shafer, Algorithmic Learning in a
//! Random World, 2005). Beyond the highest 2 % the share is continued by an exponential tail with
//! their mean excess, the simplest case of peaks over threshold (Siffer and others, Anomaly
//! Detection in Streams with Extreme Value Theory, KDD 2017).

use super::ranked::Ranked;

/// Distances remembered. Bounds memory and the time a point takes.
const MEMORY: usize = 16_384;
/// With fewer distances than these nothing is surprising yet.
const LEAST: usize = 50;
/// The share of distances that make the tail.
const TAIL: f64 = 0.02;
/// A tail of fewer points than these would have no mean to speak of.
const LEAST_TAIL: usize = 5;
/// Mean excesses beyond the threshold after which more says nothing more.
const MOST_EXCESSES: f64 = 40.0;

/// The distances of one channel.
#[derive(Debug, Clone)]
pub struct Tail {
    seen: Ranked,
}

impl Tail {
    /// Nothing was seen.
    pub fn new() -> Self {
        Self {
            seen: Ranked::new(MEMORY),
        }
    }

    /// The surprise of `distance`, in nats, 0 or more; then remembers it.
    pub fn surprise(&mut self, distance: f64) -> f64 {
        let surprise = self.judge(distance);
        self.seen.push(distance);
        surprise
    }

    fn judge(&self, distance: f64) -> f64 {
        let count = self.seen.len();
        if count < LEAST {
            return 0.0;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length"
        )]
        let tail = ((TAIL * count as f64) as usize).max(LEAST_TAIL);
        let highest = self.seen.highest(tail);
        let threshold = highest.first().copied().unwrap_or_default();
        let below = self.seen.below(distance);
        if distance <= threshold || below < count - tail {
            let as_large = (count - below) as f64;
            return ((count as f64 + 1.0) / (as_large + 1.0)).ln();
        }
        let excess: f64 = highest.iter().map(|value| value - threshold).sum();
        // On a series that never moved any distance at all is beyond every tail.
        let mean = (excess / tail as f64).max(1e-9 * threshold.abs() + 1e-12);
        (count as f64 / tail as f64).ln() + ((distance - threshold) / mean).min(MOST_EXCESSES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_as_surprising_as_it_is_rare_on_any_scale() {
        for scale in [1e-6, 1.0, 1e6] {
            let mut tail = Tail::new();
            for step in 0..2000_u32 {
                tail.surprise(f64::from(step * 7919 % 2000) * scale);
            }
            let common = tail.judge(1000.0 * scale);
            let rare = tail.judge(1990.0 * scale);
            let unheard = tail.judge(3000.0 * scale);
            assert!((common - 2.0_f64.ln()).abs() < 0.01, "{common}");
            assert!(rare > 4.0 && rare < unheard, "{rare} {unheard}");
            assert!(unheard > 20.0, "{unheard}");
        }
    }

    #[test]
    fn what_never_moved_is_surprised_by_any_move_and_by_nothing_else() {
        let mut tail = Tail::new();
        for _ in 0..100 {
            assert!(tail.surprise(0.0) <= 0.01);
        }
        assert!(tail.surprise(0.001) > 40.0);
    }
}
