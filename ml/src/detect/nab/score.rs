//! The benchmark's score of one file at any threshold.

/// What detections are worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    /// The profile's name.
    pub name: &'static str,
    /// Gained by a window detected at its first point.
    pub tp: f64,
    /// Lost by a window without detection.
    pub fn_: f64,
    /// Lost by a detection far from every window.
    pub fp: f64,
}

/// The standard profile.
pub const STANDARD: Profile = Profile {
    name: "standard",
    tp: 1.0,
    fn_: 1.0,
    fp: 0.11,
};
/// Rewards few false alarms.
pub const LOW_FP: Profile = Profile {
    name: "low_fp",
    fp: 0.22,
    ..STANDARD
};
/// Rewards few misses.
pub const LOW_FN: Profile = Profile {
    name: "low_fn",
    fn_: 2.0,
    ..STANDARD
};

/// The first part of every file is not judged: this share of it,
const PROBATION_SHARE: f64 = 0.15;
/// but never more points than these.
const PROBATION_MOST: usize = 750;

/// An anomaly window by its first and last point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// First point.
    pub first: usize,
    /// Last point, inclusive.
    pub last: usize,
}

impl Window {
    fn width(self) -> f64 {
        (self.last + 1 - self.first) as f64
    }
}

/// The scaled sigmoid: near 1 well before a window's end, 0 at it, -1 far behind.
fn sigmoid(y: f64) -> f64 {
    if y > 3.0 {
        -1.0
    } else {
        2.0 / (1.0 + (5.0 * y).exp()) - 1.0
    }
}

#[derive(Debug, Clone, Copy)]
enum Worth {
    /// In the window of this place, and what it gains.
    Window(usize, f64),
    /// Outside of all windows, and what it costs.
    Outside(f64),
}

/// One file's score as its threshold falls.
#[derive(Debug, Clone, Default)]
pub struct Curve {
    /// Threshold and score, from the highest threshold down. A point is detected when its score
    /// is at least the threshold.
    steps: Vec<(f64, f64)>,
    /// The score without any detection.
    nothing: f64,
}

impl Curve {
    /// The curve of one file with these scores.
    pub fn new(scores: &[f64], windows: &[Window], profile: &Profile) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a share of a length, rounded down"
        )]
        let probation = ((PROBATION_SHARE * scores.len() as f64) as usize).min(PROBATION_MOST);
        let mut points: Vec<(f64, Worth)> = (0..)
            .zip(scores)
            .skip(probation)
            .map(|(point, score)| (*score, worth(point, windows, profile)))
            .collect();
        points.sort_by(|one, two| two.0.total_cmp(&one.0));

        let nothing = -profile.fn_ * windows.len() as f64;
        let mut curve = Self {
            steps: Vec::new(),
            nothing,
        };
        let mut best: Vec<Option<f64>> = vec![None; windows.len()];
        let mut total = nothing;
        for (score, worth) in points {
            match worth {
                Worth::Outside(cost) => total += cost,
                Worth::Window(place, gain) => {
                    if let Some(best) = best.get_mut(place) {
                        let before = best.unwrap_or(-profile.fn_);
                        let now = best.map_or(gain, |best| best.max(gain));
                        total += now - before;
                        *best = Some(now);
                    }
                }
            }
            match curve.steps.last_mut() {
                Some(step) if step.0.total_cmp(&score).is_eq() => step.1 = total,
                _ => curve.steps.push((score, total)),
            }
        }
        curve
    }

    /// The score at a threshold.
    pub fn at(&self, threshold: f64) -> f64 {
        let past = self.steps.partition_point(|step| step.0 >= threshold);
        past.checked_sub(1)
            .and_then(|last| self.steps.get(last))
            .map_or(self.nothing, |step| step.1)
    }

    /// All thresholds at which it changes, from the highest down.
    pub fn thresholds(&self) -> impl Iterator<Item = f64> {
        self.steps.iter().map(|step| step.0)
    }
}

fn worth(point: usize, windows: &[Window], profile: &Profile) -> Worth {
    let inside = |window: &Window| (window.first..=window.last).contains(&point);
    if let Some((place, window)) = (0..).zip(windows).find(|(_, window)| inside(window)) {
        let left = (window.last + 1 - point) as f64 / window.width();
        return Worth::Window(place, sigmoid(-left) / sigmoid(-1.0) * profile.tp);
    }
    let before = windows.iter().filter(|window| window.last < point);
    let cost = before
        .max_by_key(|window| window.last)
        .map_or(-1.0, |window| {
            sigmoid((point - window.last) as f64 / (window.width() - 1.0))
        });
    Worth::Outside(cost * profile.fp)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: Window = Window {
        first: 40,
        last: 49,
    };

    fn detected(at: &[usize]) -> f64 {
        let mut scores = vec![0.0; 100];
        for point in at {
            scores[*point] = 1.0;
        }
        Curve::new(&scores, &[WINDOW], &STANDARD).at(1.0)
    }

    #[test]
    fn the_earliest_detection_of_a_window_counts_and_a_missed_window_costs() {
        assert!((detected(&[40]) - 1.0).abs() < 1e-12);
        assert!((detected(&[40, 44, 49]) - 1.0).abs() < 1e-12);
        assert!((detected(&[]) + 1.0).abs() < 1e-12);
        // At half of the window: (2/(1+e^-2.5)-1) / (2/(1+e^-5)-1).
        assert!((detected(&[45]) - 0.848_284 / 0.986_614).abs() < 1e-5);
    }

    #[test]
    fn every_false_alarm_costs_less_the_closer_it_is_behind_a_window() {
        assert!((detected(&[20]) - (-1.0 - 0.11)).abs() < 1e-12);
        assert!((detected(&[20, 30]) - (-1.0 - 0.22)).abs() < 1e-12);
        // One point behind: y = 1/9.
        let near = 2.0 / (1.0 + (5.0_f64 / 9.0).exp()) - 1.0;
        assert!((detected(&[50]) - (-1.0 + 0.11 * near)).abs() < 1e-12);
        assert!((detected(&[99]) - (-1.0 - 0.11)).abs() < 1e-12);
    }

    #[test]
    fn the_probation_is_not_judged() {
        assert!((detected(&[0, 14]) + 1.0).abs() < 1e-12);
        assert!(detected(&[15]) < -1.0);
    }
}
