//! The musical key, from how much each pitch class sounds.
//!
//! Peaks of the spectrum between 60 and 2000 Hz are placed between bins by a parabola and added
//! to a circle of pitch classes in steps of 10 cents. The circle tells the tuning (the circular
//! mean of all deviations from equal temperament), is folded to twelve classes around it, and is
//! compared with the 24 rotations of a pair of key profiles by Pearson correlation.

use std::f64::consts::TAU;

use serde::{Deserialize, Serialize};

use super::transform::Transform;

/// The key of a track.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Key {
    /// The usual name: `A minor`, `B♭ major`.
    pub name: String,
    /// Pitch class of the tonic: 0 for C to 11 for B.
    pub tonic: u8,
    /// Whether the mode is minor.
    pub minor: bool,
    /// 0 to 1: how far this key's correlation is above the next best one's, of a kind that a
    /// clear key has.
    pub confidence: f64,
    /// Concert pitch in hertz, 427 to 453, from the deviations of all peaks.
    pub tuning_hz: f64,
}

/// Names by tonic: the spelling with fewer accidentals in the key signature.
const MAJOR_NAMES: [&str; 12] = [
    "C", "D♭", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B",
];
const MINOR_NAMES: [&str; 12] = [
    "C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "G♯", "A", "B♭", "B",
];

/// What each step above the tonic weighs in major and in minor.
type Profiles = [[f64; 12]; 2];

/// J. Albrecht and D. Shanahan, "The use of large corpora to train a new type of key-finding
/// algorithm", Music Perception 31, 2013. Chosen on 60 synthesised progressions, with the
/// weights below: they find 56 keys, Temperley's of 2005 55 (no real difference), Krumhansl and
/// Kessler's 51, Faraldo's for electronic dance music 48, Temperley's of 1999 47.
const ALBRECHT_SHANAHAN: Profiles = [
    [
        0.238, 0.006, 0.111, 0.006, 0.137, 0.094, 0.016, 0.214, 0.009, 0.080, 0.008, 0.081,
    ],
    [
        0.220, 0.006, 0.104, 0.123, 0.019, 0.103, 0.012, 0.214, 0.062, 0.022, 0.061, 0.052,
    ],
];

/// A third harmonic sounds seven semitones up, a fifth one four: so much of what sounds there
/// is counted for the class below as well.
const THIRD_HARMONIC: f64 = 0.2;
const FIFTH_HARMONIC: f64 = 0.1;

const STEPS_PER_CLASS: usize = 10;
const STEPS: usize = 12 * STEPS_PER_CLASS;
const LOWEST_HZ: f64 = 60.0;
const HIGHEST_HZ: f64 = 2_000.0;
/// Peaks so far under the highest of their window are left out: -30 dB.
const LEAST_SHARE: f32 = 1.0e-3;
/// Windows whose highest peak is under -70 dBFS are left out.
const LEAST_POWER: f32 = 1.0e-7;
/// With less, a key is a guess.
const FEWEST_SECONDS: f64 = 2.0;
/// A lead over the next key that counts as certain.
const CERTAIN_LEAD: f64 = 0.12;

/// Collects pitch classes as the slow mix goes by.
pub(crate) struct KeyMeter {
    transform: Transform,
    bin_hz: f64,
    window_seconds: f64,
    circle: Circle,
    windows: f64,
}

impl KeyMeter {
    pub(crate) fn new(slow_rate_hz: f64) -> Self {
        let size = Transform::size_for(slow_rate_hz, 1.5);
        Self {
            transform: Transform::new(size, size),
            bin_hz: slow_rate_hz / size as f64,
            window_seconds: size as f64 / slow_rate_hz,
            circle: Circle::new(),
            windows: 0.0,
        }
    }

    pub(crate) fn push(&mut self, slow: &[f32]) {
        let (circle, bin_hz) = (&mut self.circle, self.bin_hz);
        let windows = &mut self.windows;
        self.transform.push(slow, |power| {
            if circle.add(power, bin_hz) {
                *windows += 1.0;
            }
        });
    }

    pub(crate) fn finish(self) -> Option<Key> {
        if self.windows * self.window_seconds < FEWEST_SECONDS {
            return None;
        }
        self.circle.key(&ALBRECHT_SHANAHAN)
    }
}

/// Pitch classes in steps of 10 cents.
struct Circle {
    steps: [f64; STEPS],
    /// Sum of unit vectors that turn once in a semitone.
    deviation: (f64, f64),
}

impl Circle {
    fn new() -> Self {
        Self {
            steps: [0.0; STEPS],
            deviation: (0.0, 0.0),
        }
    }

    /// Adds the peaks of one window; `false` where it is silent.
    fn add(&mut self, power: &[f32], bin_hz: f64) -> bool {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "bins are positive and few"
        )]
        let bin = |hz: f64| (hz / bin_hz) as usize;
        let from = bin(LOWEST_HZ).max(1);
        let to = bin(HIGHEST_HZ).min(power.len());
        let Some(range) = power.get(from - 1..to) else {
            return false;
        };
        let highest = range.iter().copied().fold(0.0, f32::max);
        if highest < LEAST_POWER {
            return false;
        }
        let floor = highest * LEAST_SHARE;
        for (index, triple) in range.array_windows::<3>().enumerate() {
            let [before, peak, after] = *triple;
            if peak > floor && peak > before && peak >= after {
                let logs = [before, peak, after].map(|p| f64::from(p.max(f32::MIN_POSITIVE)).ln());
                let shift = vertex(logs);
                let hz = (from as f64 + index as f64 + shift) * bin_hz;
                self.place(hz, f64::from(peak).sqrt().sqrt());
            }
        }
        true
    }

    fn place(&mut self, hz: f64, weight: f64) {
        // C is class 0 and A, nine semitones up, is 440 Hz.
        let semitone = 12.0 * (hz / 440.0).log2() + 9.0;
        let turn = TAU * semitone;
        self.deviation.0 += weight * turn.cos();
        self.deviation.1 += weight * turn.sin();
        let step = (semitone * STEPS_PER_CLASS as f64).rem_euclid(STEPS as f64);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 120"
        )]
        if let Some(sum) = self.steps.get_mut(step as usize % STEPS) {
            *sum += weight;
        }
    }

    /// Deviation from 440 Hz in semitones, -0.5 to 0.5.
    fn tuning(&self) -> f64 {
        self.deviation.1.atan2(self.deviation.0) / TAU
    }

    /// The twelve classes around the tuning: what lies within 35 cents of each.
    fn classes(&self) -> [f64; 12] {
        const REACH: f64 = 0.35;
        let tuning = self.tuning();
        let mut classes = [0.0; 12];
        for (index, sum) in self.steps.iter().enumerate() {
            let semitone = (index as f64 + 0.5) / STEPS_PER_CLASS as f64 - tuning;
            let nearest = semitone.round();
            if (semitone - nearest).abs() > REACH {
                continue;
            }
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "between 0 and 11"
            )]
            if let Some(class) = classes.get_mut(nearest.rem_euclid(12.0) as usize) {
                *class += sum;
            }
        }
        std::array::from_fn(|class| {
            let up = |steps: usize| classes.iter().cycle().nth(class + steps).unwrap_or(&0.0);
            up(0) + THIRD_HARMONIC * up(7) + FIFTH_HARMONIC * up(4)
        })
    }

    fn key(&self, profiles: &Profiles) -> Option<Key> {
        let classes = self.classes();
        let mut found: Vec<(f64, u8, bool)> = Vec::with_capacity(24);
        for (profile, minor) in profiles.iter().zip([false, true]) {
            for tonic in 0..12_u8 {
                let mut turned = *profile;
                turned.rotate_right(usize::from(tonic));
                found.push((correlation(&classes, &turned)?, tonic, minor));
            }
        }
        found.sort_by(|one, other| other.0.total_cmp(&one.0));
        let ((best, tonic, minor), (next, ..)) = (*found.first()?, *found.get(1)?);
        let names = if minor { MINOR_NAMES } else { MAJOR_NAMES };
        let name = names.get(usize::from(tonic))?;
        Some(Key {
            name: format!("{name} {}", if minor { "minor" } else { "major" }),
            tonic,
            minor,
            confidence: ((best - next) / CERTAIN_LEAD).clamp(0.0, 1.0) * best.clamp(0.0, 1.0),
            tuning_hz: 440.0 * (self.tuning() / 12.0).exp2(),
        })
    }
}

/// Where the parabola through three neighbours has its top, between -0.5 and 0.5.
fn vertex([before, middle, after]: [f64; 3]) -> f64 {
    let bend = before - 2.0 * middle + after;
    if bend < 0.0 {
        (0.5 * (before - after) / bend).clamp(-0.5, 0.5)
    } else {
        0.0
    }
}

/// Pearson correlation; `None` where one does not vary.
fn correlation(one: &[f64; 12], other: &[f64; 12]) -> Option<f64> {
    let mean = |values: &[f64; 12]| values.iter().sum::<f64>() / 12.0;
    let (middle, centre) = (mean(one), mean(other));
    let mut sums = [0.0; 3];
    for (a, b) in one.iter().zip(other) {
        let (a, b) = (a - middle, b - centre);
        sums[0] += a * b;
        sums[1] += a * a;
        sums[2] += b * b;
    }
    let energy = (sums[1] * sums[2]).sqrt();
    (energy > 1.0e-12).then(|| sums[0] / energy)
}

#[cfg(test)]
mod tests {
    use super::super::signals::{frames, sine, white};
    use super::*;

    const RATE: u32 = 11_025;

    /// Adds a note of five harmonics.
    fn note(plane: &mut [f32], start: f64, seconds: f64, midi: f64, level: f64) {
        let from = frames(RATE, start);
        for harmonic in 1..=5 {
            let hz = 440.0 * ((midi - 69.0) / 12.0).exp2() * f64::from(harmonic);
            let partial = sine(RATE, seconds, hz, level / f64::from(harmonic));
            for (sum, sample) in plane.iter_mut().skip(from).zip(partial) {
                *sum += sample;
            }
        }
    }

    /// I IV V I, with the bass; in minor with the raised seventh.
    fn cadence(tonic: u8, minor: bool, cents: f64) -> Vec<f32> {
        let third = if minor { 3.0 } else { 4.0 };
        let chords = [
            [0.0, third, 7.0],
            [5.0, 5.0 + third, 12.0],
            [7.0, 11.0, 14.0],
            [0.0, third, 7.0],
        ];
        let mut plane = white(RATE, 8.0, 0.01, u64::from(tonic));
        for (chord, start) in chords.iter().zip([0.0, 2.0, 4.0, 6.0]) {
            let root = 48.0 + f64::from(tonic) + cents / 100.0;
            note(&mut plane, start, 2.0, root - 12.0 + chord[0], 0.1);
            for step in chord {
                note(&mut plane, start, 2.0, root + step, 0.1);
            }
        }
        plane
    }

    fn key(plane: &[f32]) -> Option<Key> {
        let mut meter = KeyMeter::new(f64::from(RATE));
        for block in plane.chunks(1_024) {
            meter.push(block);
        }
        meter.finish()
    }

    #[test]
    fn every_key_is_named_whatever_the_tuning() {
        for tonic in 0..12 {
            for minor in [false, true] {
                let cents = f64::from(tonic) * 5.0 - 30.0;
                let found = key(&cadence(tonic, minor, cents)).unwrap();
                assert_eq!((found.tonic, found.minor), (tonic, minor), "{found:?}");
                assert!(found.confidence > 0.2, "{found:?}");
                let tuning = 1_200.0 * (found.tuning_hz / 440.0).log2();
                assert!((tuning - cents).abs() < 4.0, "{tuning} {cents}");
            }
        }
    }

    #[test]
    fn names_are_the_usual_ones() {
        let name = |tonic, minor| key(&cadence(tonic, minor, 0.0)).unwrap().name;
        assert_eq!(name(9, true), "A minor");
        assert_eq!(name(10, false), "B♭ major");
        assert_eq!(name(1, false), "D♭ major");
        assert_eq!(name(1, true), "C♯ minor");
    }

    #[test]
    fn noise_has_no_sure_key_and_silence_none() {
        let found = key(&white(RATE, 20.0, 0.5, 4)).unwrap();
        assert!(found.confidence < 0.35, "{found:?}");
        assert_eq!(key(&vec![0.0; RATE as usize * 10]), None);
        assert_eq!(key(&vec![0.5; RATE as usize * 10]), None);
        assert_eq!(key(&sine(RATE, 0.1, 440.0, 0.5)), None);
    }
}
