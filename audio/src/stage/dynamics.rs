//! One band's level over time and the gain that follows from it: an RMS detector and a soft
//! knee with a bound (Giannoulis, Massberg and Reiss, "Digital Dynamic Range Compressor
//! Design", JAES 60, 2012).

use crate::meter::amplitude;

/// How one band is held back.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dynamics {
    /// RMS level over the channels, in dBFS (full scale at 1), in the middle of the knee.
    pub threshold_db: f64,
    /// Input decibels for one output decibel, 1 or more.
    pub ratio: f64,
    /// Width of the knee in decibels.
    pub knee_db: f64,
    /// Time constant of a rising level in seconds.
    pub attack_seconds: f64,
    /// Time constant of a falling level in seconds.
    pub release_seconds: f64,
    /// Most that is taken away, in decibels.
    pub most_db: f64,
}

/// Follows one band.
#[derive(Debug)]
pub(crate) struct Follower {
    settings: Dynamics,
    attack: f64,
    release: f64,
    /// Mean square below which nothing is done.
    idle: f64,
    power: f64,
    most_db: f64,
    sum_db: f64,
    active: f64,
    steps: f64,
}

/// What a follower did, in decibels, all positive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reduction {
    pub max_db: f64,
    pub mean_db: f64,
    /// Share of time with more than 0.1 dB, 0 to 100.
    pub active_percent: f64,
}

impl Follower {
    /// A follower that is told a mean square so many times a second.
    pub(crate) fn new(settings: Dynamics, steps_per_second: f64) -> Self {
        let coefficient = |seconds: f64| 1.0 - (-1.0 / (seconds * steps_per_second)).exp();
        let lowest_db = settings.threshold_db - settings.knee_db / 2.0;
        Self {
            settings,
            attack: coefficient(settings.attack_seconds),
            release: coefficient(settings.release_seconds),
            idle: 10.0_f64.powf(lowest_db / 10.0),
            power: 0.0,
            most_db: 0.0,
            sum_db: 0.0,
            active: 0.0,
            steps: 0.0,
        }
    }

    /// Takes the next mean square and returns the gain to be at.
    pub(crate) fn next(&mut self, mean_square: f64) -> f64 {
        let speed = if mean_square > self.power {
            self.attack
        } else {
            self.release
        };
        self.power += (mean_square - self.power) * speed;
        self.steps += 1.0;
        if self.power <= self.idle {
            return 1.0;
        }
        let reduction_db = self.reduction_db();
        self.most_db = self.most_db.max(reduction_db);
        self.sum_db += reduction_db;
        self.active += f64::from(u8::from(reduction_db > 0.1));
        amplitude(-reduction_db)
    }

    /// From none to the full ratio over the knee, as a parabola.
    fn reduction_db(&self) -> f64 {
        let over = 10.0 * self.power.log10() - self.settings.threshold_db;
        let knee = self.settings.knee_db;
        let slope = 1.0 - 1.0 / self.settings.ratio;
        let reduction = if over < knee / 2.0 {
            slope * (over + knee / 2.0).max(0.0).powi(2) / (2.0 * knee)
        } else {
            slope * over
        };
        reduction.min(self.settings.most_db)
    }

    pub(crate) fn reduction(&self) -> Reduction {
        let steps = self.steps.max(1.0);
        Reduction {
            max_db: self.most_db,
            mean_db: self.sum_db / steps,
            active_percent: 100.0 * self.active / steps,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: Dynamics = Dynamics {
        threshold_db: -20.0,
        ratio: 2.0,
        knee_db: 6.0,
        attack_seconds: 0.02,
        release_seconds: 0.2,
        most_db: 3.0,
    };

    fn settled_db(level_db: f64) -> f64 {
        let mut follower = Follower::new(SETTINGS, 1_000.0);
        let power = 10.0_f64.powf(level_db / 10.0);
        (0..5_000).fold(0.0, |_, _| 20.0 * follower.next(power).log10())
    }

    #[test]
    fn the_curve_has_its_knee_its_ratio_and_its_bound() {
        assert!(settled_db(-23.1).abs() < 1e-9);
        // In the middle of the knee a quarter of its half is due.
        assert!((settled_db(-20.0) + 0.375).abs() < 0.01);
        assert!((settled_db(-16.0) + 2.0).abs() < 0.01);
        assert!((settled_db(-5.0) + 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_level_rises_and_falls_with_its_time_constants() {
        let reached = |mut follower: Follower, from: f64, to: f64, steps: u32| {
            follower.power = from;
            (0..steps).for_each(|_| {
                follower.next(to);
            });
            follower.power
        };
        let new = || Follower::new(SETTINGS, 1_000.0);
        let rise = reached(new(), 0.0, 1.0, 20);
        let fall = reached(new(), 1.0, 0.0, 200);
        assert!((rise - (1.0 - (-1.0_f64).exp())).abs() < 1e-9, "{rise}");
        assert!((fall - (-1.0_f64).exp()).abs() < 1e-9, "{fall}");
    }
}
