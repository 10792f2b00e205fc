//! Clipped peaks are drawn anew: what was cut off is estimated from the sound around it by an
//! autoregressive model, and only as far as clipping allows: never inside the level at which
//! it was cut, and at most 6 dB beyond it.

use serde_json::json;

use super::autoregression::{Interpolation, prediction};
use super::chain::Processor;
use crate::analysis::clipping::Cut;
use crate::master::report::StageReport;

/// Longest run that is repaired: beyond it there is too little to go by.
const LONGEST_SECONDS: f64 = 0.005;
/// Furthest that a peak is drawn beyond its clip level: twice, or 6 dB.
const MOST_FACTOR: f64 = 2.0;
/// Repaired together, and looked at on both sides of it.
const CORE_SECONDS: f64 = 0.024;
const CONTEXT_SECONDS: f64 = 0.012;
/// Order of the model at 44.1 kHz.
const ORDER: f64 = 36.0;
/// The model is found anew from what it repaired, so many times.
const ROUNDS: usize = 3;
/// How often samples that came out inside the clip level are put back to it.
const CORRECTIONS: usize = 4;
/// Where more than this share of a stretch is clipped the model has nothing to stand on.
const MOST_CLIPPED: f64 = 0.4;

/// Repairs clipped runs as samples go by.
pub(crate) struct Declipper {
    lines: Vec<Line>,
    core: usize,
    context: usize,
    /// Longest run that is repaired, in frames.
    longest: usize,
    order: usize,
    amount: f64,
    repaired: Repaired,
}

#[derive(Default)]
struct Repaired {
    runs: usize,
    too_long: usize,
    dense: usize,
    frames: usize,
    highest: f64,
}

/// One channel.
struct Line {
    /// Where it is clipped.
    cut: Cut,
    /// Up to a context of frames that came out already, then those that wait.
    held: Vec<f32>,
    /// How many of them came out.
    past: usize,
    /// Up to here runs were dealt with, as a place in `held`.
    done: usize,
}

impl Declipper {
    /// For interleaved samples of channels that are cut off there; `amount` from 0 to 1 is the
    /// share of the repair.
    pub(crate) fn new(cuts: &[Cut], amount: f64, sample_rate_hz: u32) -> Self {
        let rate = f64::from(sample_rate_hz);
        let line = |cut: &Cut| Line {
            cut: *cut,
            held: Vec::new(),
            past: 0,
            done: 0,
        };
        Self {
            lines: cuts.iter().map(line).collect(),
            core: frames(CORE_SECONDS * rate),
            context: frames(CONTEXT_SECONDS * rate),
            longest: frames(LONGEST_SECONDS * rate),
            order: frames(ORDER * (rate / 44_100.0).sqrt()),
            amount,
            repaired: Repaired::default(),
        }
    }

    /// Lets out what has enough sound after it, or everything when the track has ended.
    fn work(&mut self, ended: bool, out: &mut Vec<f32>) {
        let count = self.lines.len();
        loop {
            let waiting = self
                .lines
                .first()
                .map_or(0, |line| line.held.len() - line.past);
            let needed = if ended { 1 } else { self.core + self.context };
            if waiting < needed {
                return;
            }
            let core = self.core.min(waiting);
            let start = out.len();
            out.resize(start + core * count, 0.0);
            for (channel, line) in self.lines.iter_mut().enumerate() {
                let to = (line.past + core + self.context).min(line.held.len());
                let stretch = Stretch {
                    core,
                    to,
                    longest: self.longest,
                    order: self.order,
                    amount: self.amount,
                };
                line.repair(&stretch, &mut self.repaired);
                let ready = line.held.get(line.past..line.past + core);
                let places = out.iter_mut().skip(start + channel).step_by(count);
                for (place, sample) in places.zip(ready.unwrap_or_default()) {
                    *place = *sample;
                }
                line.past += core;
                let dropped = line.past.saturating_sub(self.context);
                line.held.drain(..dropped);
                line.past -= dropped;
                line.done = line.done.saturating_sub(dropped);
            }
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a few thousand"
)]
fn frames(count: f64) -> usize {
    count.round().max(1.0) as usize
}

/// What is repaired at once.
struct Stretch {
    core: usize,
    /// End of the sound that is looked at, in what is held.
    to: usize,
    longest: usize,
    order: usize,
    amount: f64,
}

impl Line {
    fn repair(&mut self, stretch: &Stretch, repaired: &mut Repaired) {
        // What was repaired before is known by now.
        let fresh = self.held.get(self.done..stretch.to).unwrap_or_default();
        let runs: Vec<(usize, usize)> = self
            .cut
            .runs(fresh)
            .into_iter()
            .map(|(from, length)| (from + self.done, length))
            .collect();
        // A run belongs to the core in which it begins, and is repaired there whole.
        let core_end = self.past + stretch.core;
        let begun = runs.partition_point(|(from, _)| *from < core_end);
        let (begun, _) = runs.split_at(begun);
        let end = begun.last().map_or(0, |(from, length)| from + length);
        self.done = core_end.max(end);
        let is_short = |run: &&(usize, usize)| run.1 <= stretch.longest;
        let own: Vec<(usize, usize)> = begun.iter().filter(is_short).copied().collect();
        repaired.too_long += begun.len() - own.len();
        if own.is_empty() {
            return;
        }
        let before: Vec<f64> = self
            .held
            .iter()
            .take(stretch.to)
            .map(|sample| f64::from(*sample))
            .collect();
        let missing: Vec<(usize, f64)> = runs
            .iter()
            .filter(is_short)
            .flat_map(|&(from, length)| from..from + length)
            .filter_map(|at| Some((at, before.get(at)?.abs())))
            .collect();
        let dense = missing.len() as f64 > MOST_CLIPPED * stretch.to as f64;
        let drawn = (!dense).then(|| draw(&before, &missing, stretch.order));
        let Some(Some(drawn)) = drawn else {
            repaired.dense += own.len();
            return;
        };
        for (from, length) in own {
            let places = self.held.iter_mut().zip(&before).zip(&drawn);
            for ((place, before), drawn) in places.skip(from).take(length) {
                repaired.highest = repaired.highest.max(drawn.abs() / before.abs().max(1e-9));
                #[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
                {
                    *place = (before + (drawn - before) * stretch.amount) as f32;
                }
            }
            repaired.runs += 1;
            repaired.frames += length;
        }
    }
}

/// The samples with those missing drawn anew, each beyond its level on its side. `None` where
/// there is nothing to model.
fn draw(clipped: &[f64], missing: &[(usize, f64)], order: usize) -> Option<Vec<f64>> {
    let mut samples = clipped.to_vec();
    for round in 0..ROUNDS {
        let model = Interpolation::new(&prediction(&samples, order)?);
        let mut free: Vec<(usize, f64)> = missing.to_vec();
        let corrections = if round + 1 == ROUNDS { CORRECTIONS } else { 1 };
        for _ in 0..corrections {
            let places: Vec<usize> = free.iter().map(|(at, _)| *at).collect();
            model.fill(&mut samples, &places);
            let held = free.len();
            // What came out inside the level is known to be at least there.
            free.retain(|&(at, level)| {
                let side = clipped.get(at).copied().unwrap_or(0.0).signum();
                let value = samples.get(at).copied().unwrap_or(0.0) * side;
                let beyond = value >= level;
                if !beyond && let Some(sample) = samples.get_mut(at) {
                    *sample = level * side;
                }
                beyond
            });
            if free.len() == held {
                break;
            }
        }
        for &(at, level) in missing {
            let side = clipped.get(at).copied().unwrap_or(0.0).signum();
            if let Some(sample) = samples.get_mut(at) {
                *sample = (*sample * side).clamp(level, level * MOST_FACTOR) * side;
            }
        }
    }
    Some(samples)
}

impl Processor for Declipper {
    fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        let count = self.lines.len();
        for (channel, line) in self.lines.iter_mut().enumerate() {
            line.held
                .extend(samples.iter().skip(channel).step_by(count));
        }
        self.work(false, out);
    }

    fn finish(&mut self, out: &mut Vec<f32>) {
        self.work(true, out);
    }

    fn report(&self) -> StageReport {
        let Repaired {
            runs,
            too_long,
            dense,
            frames,
            highest,
        } = self.repaired;
        let raised_db = 20.0 * highest.max(1.0).log10();
        let left = too_long + dense;
        let kept = match left {
            0 => String::new(),
            _ => format!(
                " {left} more were left: they are longer than {:.0} ms or too close together.",
                LONGEST_SECONDS * 1_000.0
            ),
        };
        StageReport {
            stage: "declip".to_owned(),
            applied: runs > 0 && self.amount > 0.0,
            summary: if runs > 0 {
                format!(
                    "{runs} clipped peaks were drawn anew, at most {raised_db:.1} dB beyond where \
                     they were cut.{kept}"
                )
            } else {
                format!("No clipped peak could be repaired.{kept}")
            },
            details: json!({
                "repaired_runs": runs,
                "repaired_frames": frames,
                "left_runs": left,
                "max_raise_db": raised_db,
                "amount_percent": self.amount * 100.0,
            }),
        }
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;
    use crate::stage::chain::run;
    use std::f64::consts::PI;

    /// Plucked chords with overtones and a little noise, on two channels.
    fn music(frames: usize) -> Vec<f32> {
        let mut state = 7_u64;
        (0..frames)
            .flat_map(|n| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let noise = f64::from((state >> 40) as u32) / f64::from(1_u32 << 24) - 0.5;
                let t = n as f64 / 44_100.0;
                let decay = (-(t % 0.4) * 6.0).exp();
                let tone = |hz: f64, level: f64| {
                    (1..6)
                        .map(|k| {
                            let k = f64::from(k);
                            (2.0 * PI * hz * k * t + k).sin() * level / k.powf(1.3)
                        })
                        .sum::<f64>()
                };
                let left = decay * (tone(110.0, 0.5) + tone(277.2, 0.25)) + noise * 0.01;
                let right = decay * (tone(164.8, 0.5) + tone(110.0, 0.2)) + noise * 0.01;
                [left as f32, right as f32]
            })
            .collect()
    }

    fn clip(samples: &[f32], level: f32) -> (Vec<f32>, Declipper) {
        let clipped: Vec<f32> = samples.iter().map(|s| s.clamp(-level, level)).collect();
        (clipped, declipper(level))
    }

    fn declipper(level: f32) -> Declipper {
        let cut = Cut {
            above: Some(level),
            below: Some(level),
        };
        Declipper::new(&[cut, cut], 1.0, 44_100)
    }

    /// Signal to distortion in dB.
    fn sdr_db(original: &[f32], other: &[f32]) -> f64 {
        let mut sums = (0.0, 0.0);
        for (original, other) in original.iter().zip(other) {
            sums.0 += f64::from(*original).powi(2);
            sums.1 += f64::from(original - other).powi(2);
        }
        10.0 * (sums.0 / f64::max(sums.1, 1e-30)).log10()
    }

    #[test]
    fn clipped_music_comes_nearer_to_what_it_was() {
        let original = music(60_000);
        for (level, gain_db) in [(0.75, 1.0), (0.55, 1.0), (0.35, 1.0)] {
            let (clipped, mut stage) = clip(&original, level);
            let output = run(&mut stage, &clipped, 2);
            assert_eq!(output.len(), clipped.len());
            let (before, after) = (sdr_db(&original, &clipped), sdr_db(&original, &output));
            assert!(
                after > before + gain_db,
                "{before} to {after} dB at {level}"
            );
            assert!(stage.report().applied);
        }
    }

    #[test]
    fn only_clipped_samples_change_and_only_outwards_within_the_bound() {
        let original = music(40_000);
        let level = 0.5;
        let (clipped, mut stage) = clip(&original, level);
        let output = run(&mut stage, &clipped, 2);
        for (before, after) in clipped.iter().zip(&output) {
            // Two steps of 16 bits below the level still belong to a flat top.
            if before.abs() < level - 2.0 / 32_768.0 {
                assert_eq!(before.to_bits(), after.to_bits());
            } else {
                let raised = after / before;
                assert!((0.999_999..=2.000_001).contains(&raised), "{raised}");
            }
        }
    }

    #[test]
    fn runs_that_are_too_long_are_left_and_told() {
        let mut samples = music(20_000);
        samples[10_000..11_000].fill(3.0);
        let mut stage = declipper(3.0);
        assert!(run(&mut stage, &samples, 2) == samples);
        let report = stage.report();
        assert!(!report.applied);
        assert_eq!(report.details["left_runs"], 2);
    }

    #[test]
    fn runs_at_the_very_ends_do_no_harm() {
        let original = music(3_000);
        let (clipped, mut stage) = clip(&original, 0.1);
        let output = run(&mut stage, &clipped, 2);
        assert_eq!(output.len(), clipped.len());
        assert!(output.iter().all(|sample| sample.is_finite()));
    }
}
