//! Axes: from a value to its place, and the ticks that fit.

use super::text;

/// How values spread over an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scale {
    Linear,
    Log,
}

/// One labelled place on an axis.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub at: f64,
    /// Empty for a grid line only.
    pub label: String,
    /// Its label is left out where the page is narrow.
    pub roomy: bool,
}

impl Tick {
    fn new(at: f64, label: String) -> Self {
        Self {
            at,
            label,
            roomy: false,
        }
    }
}

/// A range of values with its ticks. The range is finite and never empty.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Axis {
    pub from: f64,
    pub to: f64,
    scale: Scale,
    pub ticks: Vec<Tick>,
}

/// Steps of a time axis in seconds.
const TIME_STEPS: [f64; 26] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0,
    120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0, 43_200.0, 86_400.0,
];
/// Most steps of a time axis: seven labels like `1:30:00` have room on a wide page.
const MOST_TIME_STEPS: f64 = 7.0;
/// Labels that a time axis keeps on a narrow page.
const NARROW_LABELS: usize = 4;

/// Steps of a level axis in decibels: halves and doubles of amplitude are multiples of 6.
const LEVEL_STEPS: [f64; 10] = [0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0, 400.0];

/// Labelled frequencies, and whether a narrow page has room for them.
const FREQUENCIES: [(f64, bool); 9] = [
    (50.0, true),
    (100.0, true),
    (200.0, false),
    (500.0, true),
    (1_000.0, true),
    (2_000.0, false),
    (5_000.0, true),
    (10_000.0, true),
    (20_000.0, false),
];

impl Axis {
    /// Time from zero to a length in seconds.
    pub(super) fn time(seconds: f64) -> Self {
        let to = bounded(seconds, 0.001, 1.0e6);
        let step = TIME_STEPS
            .into_iter()
            .find(|step| to / step <= MOST_TIME_STEPS)
            .unwrap_or(to);
        let mut ticks: Vec<Tick> = multiples(step, 0.0, to)
            .map(|at| Tick::new(at, moment(at, step)))
            .collect();
        let keep = ticks.len().div_ceil(NARROW_LABELS).max(1);
        for (index, tick) in ticks.iter_mut().enumerate() {
            tick.roomy = !index.is_multiple_of(keep);
        }
        Self {
            from: 0.0,
            to,
            scale: Scale::Linear,
            ticks,
        }
    }

    /// Frequency in octaves, in hertz.
    pub(super) fn frequency(low_hz: f64, high_hz: f64) -> Self {
        let low = bounded(low_hz, 1.0, 100_000.0);
        let high = bounded(high_hz, low * 2.0, 200_000.0);
        Self {
            from: low,
            to: high,
            scale: Scale::Log,
            ticks: FREQUENCIES
                .into_iter()
                .filter(|(hz, _)| (low..=high).contains(hz))
                .map(|(hz, always)| Tick {
                    at: hz,
                    label: text::hertz(hz),
                    roomy: !always,
                })
                .collect(),
        }
    }

    /// Levels in decibels, widened to whole steps, at most `most` of them.
    pub(super) fn level(low: f64, high: f64, most: f64) -> Self {
        let low = bounded(low, -400.0, 400.0);
        let high = bounded(high, low + 0.1, low.max(0.0) + 400.0);
        let steps = |step: f64| (high / step).ceil() - (low / step).floor();
        let step = LEVEL_STEPS
            .into_iter()
            .find(|step| steps(*step) <= most)
            .unwrap_or(400.0);
        let from = (low / step).floor() * step;
        let to = (high / step).ceil() * step;
        let decimals = usize::from(step < 1.0);
        Self {
            from,
            to,
            scale: Scale::Linear,
            ticks: multiples(step, from, to)
                .map(|at| Tick::new(at, text::number(at, decimals)))
                .collect(),
        }
    }

    /// The same axis the other way round.
    pub(super) fn reversed(mut self) -> Self {
        std::mem::swap(&mut self.from, &mut self.to);
        self
    }

    /// Amplitude to both sides of zero, at least up to full scale (1), with ticks in dBFS.
    pub(super) fn amplitude(top: f64) -> Self {
        let top = bounded(top, 1.0, 1.0e6);
        let top_db = 20.0 * top.log10();
        // Ticks by halves of the height, counted from the 6 dB step at or below the top.
        let highest = (top_db / 6.0).floor() * 6.0;
        let mut ticks = vec![Tick::new(0.0, "−∞".to_owned())];
        for db in [highest, highest - 6.0] {
            let amplitude = 10.0_f64.powf(db / 20.0);
            ticks.push(Tick::new(amplitude, text::number(db, 0)));
            ticks.push(Tick::new(-amplitude, String::new()));
        }
        Self {
            from: -top,
            to: top,
            scale: Scale::Linear,
            ticks,
        }
    }

    /// Where a value lies: 0 at `from`, 1 at `to`, a little beyond for whatever is outside, so
    /// that a line leaves the plot instead of creeping along its edge.
    pub(super) fn place(&self, value: f64) -> Option<f64> {
        let share = match self.scale {
            Scale::Linear => (value - self.from) / (self.to - self.from),
            Scale::Log if value > 0.0 => (value / self.from).ln() / (self.to / self.from).ln(),
            Scale::Log => return None,
        };
        share.is_finite().then(|| share.clamp(-0.1, 1.1))
    }
}

/// As `clamp`, with the lower bound for what is not a number.
fn bounded(value: f64, least: f64, most: f64) -> f64 {
    value.max(least).min(most)
}

fn multiples(step: f64, from: f64, to: f64) -> impl Iterator<Item = f64> {
    let first = (from / step - 1.0e-6).ceil();
    (0..64)
        .map(move |index| (first + f64::from(index)) * step)
        .take_while(move |at| *at <= to + step * 1.0e-6)
}

fn moment(seconds: f64, step: f64) -> String {
    if step >= 1.0 {
        return text::clock(seconds);
    }
    let decimals = if step < 0.01 {
        3
    } else if step < 0.1 {
        2
    } else {
        1
    };
    format!("{} s", text::number(seconds, decimals))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(axis: &Axis, narrow: bool) -> Vec<(f64, usize)> {
        axis.ticks
            .iter()
            .filter(|tick| !(tick.label.is_empty() || narrow && tick.roomy))
            .map(|tick| (axis.place(tick.at).unwrap(), tick.label.chars().count()))
            .collect()
    }

    /// Pixels of a character of a label, and the least gap between two.
    const CHARACTER: f64 = 7.0;
    const GAP: f64 = 4.0;

    fn assert_apart(axis: &Axis, name: &str) {
        for (narrow, pixels) in [(true, 265.0), (false, 530.0)] {
            let labels = shown(axis, narrow);
            assert!(labels.len() >= 2, "{name}");
            for pair in labels.windows(2) {
                let [(left, one), (right, two)] = pair else {
                    unreachable!()
                };
                // The last label may be pulled in by half its width at the edge.
                let need = (*one as f64 / 2.0 + *two as f64) * CHARACTER + GAP;
                let centred = (*one + *two) as f64 / 2.0 * CHARACTER + GAP;
                let need = if *right > 0.97 { need } else { centred };
                assert!(
                    (right - left) * pixels >= need,
                    "{name} {narrow} {labels:?}"
                );
            }
        }
    }

    #[test]
    fn labels_of_time_never_overlap_from_a_tenth_of_a_second_to_four_hours() {
        let mut seconds = 0.1;
        while seconds <= 14_400.0 {
            assert_apart(&Axis::time(seconds), &format!("{seconds} s"));
            seconds *= 1.013;
        }
        assert_apart(&Axis::time(14_400.0), "four hours");
    }

    #[test]
    fn labels_of_frequency_never_overlap() {
        assert_apart(&Axis::frequency(25.0, 20_000.0), "25 Hz to 20 kHz");
        assert_apart(&Axis::frequency(25.0, 3_150.0), "25 Hz to 3.15 kHz");
    }

    #[test]
    fn levels_get_whole_steps_that_hold_the_range() {
        for (low, high) in [(-70.0, 0.0), (-23.4, -14.0), (-3.0, 3.0), (0.0, 0.3)] {
            let axis = Axis::level(low, high, 6.0);
            assert!(axis.from <= low && axis.to >= high);
            assert!((2..=7).contains(&axis.ticks.len()), "{axis:?}");
        }
        let axis = Axis::level(-31.0, -12.0, 6.0);
        let labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
        assert_eq!(labels, ["−36", "−30", "−24", "−18", "−12"]);
    }

    #[test]
    fn times_are_labelled_at_sensible_values() {
        let labels = |seconds| -> Vec<String> {
            Axis::time(seconds)
                .ticks
                .into_iter()
                .map(|tick| tick.label)
                .collect()
        };
        assert_eq!(labels(200.0)[1], "0:30");
        assert_eq!(labels(14_400.0).last().unwrap(), "4:00:00");
        assert_eq!(
            labels(0.1),
            ["0.00 s", "0.02 s", "0.04 s", "0.06 s", "0.08 s", "0.10 s"]
        );
    }

    #[test]
    fn every_axis_is_finite_whatever_it_is_made_of() {
        for wild in [
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            0.0,
            -1.0,
            1.0e300,
        ] {
            for axis in [
                Axis::time(wild),
                Axis::frequency(wild, wild),
                Axis::level(wild, wild, 6.0),
                Axis::amplitude(wild),
            ] {
                assert!(axis.place(wild).is_none_or(f64::is_finite), "{axis:?}");
                for tick in &axis.ticks {
                    assert!(axis.place(tick.at).is_none_or(f64::is_finite), "{axis:?}");
                }
            }
        }
    }
}
