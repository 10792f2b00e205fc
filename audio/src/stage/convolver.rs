//! Convolution by overlap-save, two real signals to one complex transform: left and right, or
//! two pieces of a mono signal after each other. Several responses share the forward transform.
//!
//! Transforms run in `f32`: their error lies 135 dB and more under the signal, below what 24
//! bits can hold.

use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::impulse::Impulse;

/// What one output is made with.
pub(crate) enum Response<'a> {
    /// The same for every channel.
    All(&'a Impulse),
    /// One for the sum of two channels and one for their difference.
    MidSide(&'a Impulse, &'a Impulse),
}

struct Spectra {
    straight: Vec<Complex<f32>>,
    /// What leaks from one channel to the other when mid and side differ.
    crossed: Option<Vec<Complex<f32>>>,
}

/// Convolves interleaved samples.
pub(crate) struct Convolver {
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    spectra: Vec<Spectra>,
    transformed: Vec<Complex<f32>>,
    product: Vec<Complex<f32>>,
    scratch: Vec<Complex<f32>>,
    held: Vec<f32>,
    wet: Vec<Vec<f32>>,
    channels: usize,
    size: usize,
    /// Frames that one transform yields.
    fresh: usize,
    /// Frames from the start of what is held to the frame that the first output belongs to.
    lead: usize,
    taken: u64,
    given: u64,
}

impl Convolver {
    /// The responses must be of one length and one delay; [`Response::MidSide`] needs two
    /// channels.
    pub(crate) fn new(channels: usize, responses: &[Response<'_>]) -> Self {
        let channels = channels.max(1);
        let first = responses.first().map(|one| match one {
            Response::All(impulse) | Response::MidSide(impulse, _) => *impulse,
        });
        let (taps, delay) = first.map_or((1, 0), |one| (one.taps.len().max(1), one.delay));
        let size = ((taps - 1) * 4).next_power_of_two().max(8_192);
        let mut planner = FftPlanner::new();
        let forward = planner.plan_fft_forward(size);
        let inverse = planner.plan_fft_inverse(size);
        let scratch = forward
            .get_inplace_scratch_len()
            .max(inverse.get_inplace_scratch_len());
        let lead = taps - 1 - delay.min(taps - 1);
        Self {
            forward,
            inverse,
            spectra: responses.iter().map(|one| spectra(one, size)).collect(),
            transformed: vec![Complex::default(); size],
            product: vec![Complex::default(); size],
            scratch: vec![Complex::default(); scratch],
            // Silence before the track.
            held: vec![0.0; lead * channels],
            wet: vec![Vec::new(); responses.len()],
            channels,
            size,
            fresh: size - (taps - 1),
            lead,
            taken: 0,
            given: 0,
        }
    }

    /// Takes interleaved samples of whole frames; `sink` gets the untouched samples that are
    /// ready and, of the same frames, one filtered version for every response. All pieces but
    /// the last of a track are of one length, a multiple of 64 frames when the taps are one
    /// more than a power of two.
    pub(crate) fn push(&mut self, samples: &[f32], mut sink: impl FnMut(&[f32], &[Vec<f32>])) {
        self.taken += (samples.len() / self.channels) as u64;
        self.held.extend_from_slice(samples);
        self.work(&mut sink);
    }

    /// Ends the track, which fades into silence.
    pub(crate) fn finish(&mut self, mut sink: impl FnMut(&[f32], &[Vec<f32>])) {
        while self.given < self.taken {
            let silence = self.held.len() + self.size * self.channels;
            self.held.resize(silence, 0.0);
            self.work(&mut sink);
        }
    }

    fn work(&mut self, sink: &mut impl FnMut(&[f32], &[Vec<f32>])) {
        let (step, needed) = if self.channels == 1 {
            (self.fresh * 2, self.size + self.fresh)
        } else {
            (self.fresh, self.size)
        };
        let mut at = 0;
        while self.held.len() >= (at + needed) * self.channels && self.given < self.taken {
            self.convolve(at, step);
            let left = usize::try_from(self.taken - self.given).unwrap_or(usize::MAX);
            // Beyond the end there is only the silence that pushed the last frames out.
            let frames = step.min(left);
            for wet in &mut self.wet {
                wet.truncate(frames * self.channels);
            }
            let from = (at + self.lead) * self.channels;
            let dry = self.held.get(from..from + frames * self.channels);
            sink(dry.unwrap_or_default(), &self.wet);
            self.given += frames as u64;
            at += step;
        }
        self.held.drain(..at * self.channels);
    }

    /// Fills `wet` with the next `step` frames from position `at` of what is held.
    fn convolve(&mut self, at: usize, step: usize) {
        for wet in &mut self.wet {
            wet.clear();
            wet.resize(step * self.channels, 0.0);
        }
        for channel in (0..self.channels).step_by(2) {
            self.load(at, channel);
            self.forward
                .process_with_scratch(&mut self.transformed, &mut self.scratch);
            for (spectra, wet) in self.spectra.iter().zip(&mut self.wet) {
                multiply(spectra, &self.transformed, &mut self.product);
                self.inverse
                    .process_with_scratch(&mut self.product, &mut self.scratch);
                let ready = self
                    .product
                    .get(self.size - self.fresh..)
                    .unwrap_or_default();
                store(ready, wet, channel, self.channels);
            }
        }
    }

    fn load(&mut self, at: usize, channel: usize) {
        let held = self.held.get(at * self.channels..).unwrap_or_default();
        match self.channels {
            1 => {
                let later = held.get(self.fresh..).unwrap_or_default();
                for ((value, re), im) in self.transformed.iter_mut().zip(held).zip(later) {
                    *value = Complex::new(*re, *im);
                }
            }
            2 => {
                let (pairs, _) = held.as_chunks::<2>();
                for (value, [re, im]) in self.transformed.iter_mut().zip(pairs) {
                    *value = Complex::new(*re, *im);
                }
            }
            more => {
                let frames = held.chunks_exact(more);
                for (value, frame) in self.transformed.iter_mut().zip(frames) {
                    let sample = |channel: usize| frame.get(channel).copied().unwrap_or(0.0);
                    *value = Complex::new(sample(channel), sample(channel + 1));
                }
            }
        }
    }
}

fn store(ready: &[Complex<f32>], wet: &mut [f32], channel: usize, channels: usize) {
    match channels {
        1 => {
            let (early, late) = wet.split_at_mut(ready.len());
            for ((value, early), late) in ready.iter().zip(early).zip(late) {
                *early = value.re;
                *late = value.im;
            }
        }
        2 => {
            let (pairs, _) = wet.as_chunks_mut::<2>();
            for (value, pair) in ready.iter().zip(pairs) {
                *pair = [value.re, value.im];
            }
        }
        more => {
            for (value, frame) in ready.iter().zip(wet.chunks_exact_mut(more)) {
                if let Some(sample) = frame.get_mut(channel) {
                    *sample = value.re;
                }
                if let Some(sample) = frame.get_mut(channel + 1) {
                    *sample = value.im;
                }
            }
        }
    }
}

fn multiply(spectra: &Spectra, input: &[Complex<f32>], product: &mut [Complex<f32>]) {
    for ((product, input), response) in product.iter_mut().zip(input).zip(&spectra.straight) {
        *product = input * response;
    }
    if let (Some(crossed), [head, tail @ ..]) = (&spectra.crossed, &mut *product) {
        // Swapping the channels of l + ir is i times its conjugate, whose spectrum is mirrored.
        let mirrored = input.first().into_iter().chain(input.iter().skip(1).rev());
        let products = std::iter::once(head).chain(tail);
        for ((product, input), response) in products.zip(mirrored).zip(crossed) {
            *product += Complex::new(input.im, input.re) * response;
        }
    }
}

fn spectra(response: &Response<'_>, size: usize) -> Spectra {
    match response {
        Response::All(impulse) => Spectra {
            straight: spectrum(&impulse.taps, size),
            crossed: None,
        },
        Response::MidSide(middle, outer) => {
            let both = |sign: f64| -> Vec<f64> {
                middle
                    .taps
                    .iter()
                    .zip(&outer.taps)
                    .map(|(middle, outer)| (middle + sign * outer) / 2.0)
                    .collect()
            };
            Spectra {
                straight: spectrum(&both(1.0), size),
                crossed: Some(spectrum(&both(-1.0), size)),
            }
        }
    }
}

/// The response in the frequency domain, with the inverse transform's scale in it.
fn spectrum(taps: &[f64], size: usize) -> Vec<Complex<f32>> {
    let mut values: Vec<Complex<f64>> = taps
        .iter()
        .map(|tap| Complex::new(tap / size as f64, 0.0))
        .collect();
    values.resize(size, Complex::default());
    FftPlanner::<f64>::new()
        .plan_fft_forward(size)
        .process(&mut values);
    #[expect(clippy::cast_possible_truncation, reason = "transforms run in f32")]
    values
        .iter()
        .map(|value| Complex::new(value.re as f32, value.im as f32))
        .collect()
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "samples are f32")]
mod tests {
    use super::*;

    fn noise(samples: usize) -> Vec<f32> {
        let mut state = 1_u64;
        (0..samples)
            .map(|_| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (f64::from((state >> 33) as u32) / f64::from(1_u32 << 30) - 1.0) as f32
            })
            .collect()
    }

    fn impulse(seed: f64) -> Impulse {
        let taps = (0..65)
            .map(|n| (f64::from(n) * seed).sin() * (-f64::from(n) / 20.0).exp() * 0.2)
            .collect();
        Impulse { taps, delay: 10 }
    }

    fn run(convolver: &mut Convolver, input: &[f32], block: usize) -> (Vec<f32>, Vec<Vec<f32>>) {
        let mut dry_out = Vec::new();
        let mut wet_out = vec![Vec::new(); convolver.spectra.len()];
        let mut sink = |dry: &[f32], wet: &[Vec<f32>]| {
            dry_out.extend_from_slice(dry);
            for (out, wet) in wet_out.iter_mut().zip(wet) {
                assert_eq!(wet.len(), dry.len());
                out.extend_from_slice(wet);
            }
        };
        for block in input.chunks(block) {
            convolver.push(block, &mut sink);
        }
        convolver.finish(&mut sink);
        (dry_out, wet_out)
    }

    /// The same sum written out, with the delay taken out.
    fn direct(impulse: &Impulse, plane: &[f64], frame: usize) -> f64 {
        impulse
            .taps
            .iter()
            .enumerate()
            .filter_map(|(tap, weight)| {
                let at = (frame + impulse.delay).checked_sub(tap)?;
                Some(weight * plane.get(at)?)
            })
            .sum()
    }

    fn plane(input: &[f32], channels: usize, channel: usize) -> Vec<f64> {
        let samples = input.iter().skip(channel).step_by(channels);
        samples.map(|sample| f64::from(*sample)).collect()
    }

    #[test]
    fn it_is_the_sum_written_out_for_any_number_of_channels() {
        let (one, two) = (impulse(0.7), impulse(1.3));
        for channels in [1, 2, 3, 6] {
            let input = noise(30_000 * channels);
            let responses = [Response::All(&one), Response::All(&two)];
            let mut convolver = Convolver::new(channels, &responses);
            let (dry, wet) = run(&mut convolver, &input, 1_700 * channels);
            assert!(dry == input);
            for (impulse, wet) in [&one, &two].into_iter().zip(&wet) {
                assert_eq!(wet.len(), input.len());
                for channel in 0..channels {
                    let plane = plane(&input, channels, channel);
                    for frame in (0..30_000).step_by(7) {
                        let wanted = direct(impulse, &plane, frame);
                        let got = f64::from(wet[frame * channels + channel]);
                        assert!((wanted - got).abs() < 2e-6, "{wanted} {got} at {frame}");
                    }
                }
            }
        }
    }

    #[test]
    fn mid_and_side_go_their_own_ways() {
        let (mid, side) = (impulse(0.4), impulse(2.1));
        let input = noise(40_000);
        let mut convolver = Convolver::new(2, &[Response::MidSide(&mid, &side)]);
        let (_, wet) = run(&mut convolver, &input, 5_000);
        let (left, right) = (plane(&input, 2, 0), plane(&input, 2, 1));
        let pair = |sign: f64| -> Vec<f64> {
            let sums = left.iter().zip(&right);
            sums.map(|(left, right)| (left + sign * right) / 2.0)
                .collect()
        };
        let (sum, difference) = (pair(1.0), pair(-1.0));
        for frame in (0..20_000).step_by(13) {
            let (m, s) = (direct(&mid, &sum, frame), direct(&side, &difference, frame));
            assert!((f64::from(wet[0][frame * 2]) - (m + s)).abs() < 2e-6);
            assert!((f64::from(wet[0][frame * 2 + 1]) - (m - s)).abs() < 2e-6);
        }
    }

    #[test]
    fn a_track_shorter_than_the_response_keeps_its_length() {
        let impulse = impulse(0.3);
        for frames in [0, 1, 5, 40] {
            let input = noise(frames * 2);
            let mut convolver = Convolver::new(2, &[Response::All(&impulse)]);
            let (dry, wet) = run(&mut convolver, &input, 2);
            assert!(dry == input);
            assert_eq!(wet[0].len(), input.len());
        }
    }
}
