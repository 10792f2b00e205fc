//! One alarm an incident: while an alarm is fresh, only a stronger one is told of.

use std::collections::VecDeque;

/// The share of all points so far for which an alarm stays fresh.
const SHARE: usize = 10;
/// It stays fresh for at least so many points,
const LEAST: usize = 20;
/// and at most for so many.
const MOST: usize = 1000;

/// The surprises that are still fresh.
#[derive(Debug, Clone, Default)]
pub struct Quiet {
    seen: usize,
    /// Falling surprises with their points: the first is the highest that is still fresh.
    fresh: VecDeque<(usize, f64)>,
}

impl Quiet {
    /// Whether `surprise` is higher than every fresh one; then remembers it.
    pub fn speaks(&mut self, surprise: f64) -> bool {
        let stays = (self.seen / SHARE).clamp(LEAST, MOST);
        while self
            .fresh
            .front()
            .is_some_and(|(point, _)| point + stays < self.seen)
        {
            self.fresh.pop_front();
        }
        let speaks = self
            .fresh
            .front()
            .is_none_or(|(_, highest)| surprise > *highest);
        while self
            .fresh
            .back()
            .is_some_and(|(_, other)| *other <= surprise)
        {
            self.fresh.pop_back();
        }
        self.fresh.push_back((self.seen, surprise));
        self.seen += 1;
        speaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weaker_alarm_waits_until_the_stronger_one_is_no_longer_fresh() {
        let mut quiet = Quiet::default();
        for _ in 0..400 {
            quiet.speaks(0.0);
        }
        assert!(quiet.speaks(5.0));
        assert!(quiet.speaks(6.0), "a stronger one is told of at once");
        // 402 points so far: the alarm stays fresh for 44 of the next ones, a tenth of all.
        for _ in 0..43 {
            quiet.speaks(0.0);
        }
        assert!(!quiet.clone().speaks(4.0));
        quiet.speaks(0.0);
        assert!(quiet.speaks(4.0));
    }
}
