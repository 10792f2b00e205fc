//! The K-weighting filter of BS.1770-5, annex 1, for any sample rate.
//!
//! The recommendation gives coefficients for 48 kHz only. They are a bilinear transform of an
//! analogue high shelf and an analogue high pass, whose parameters are recovered here and
//! transformed for the rate at hand. The high pass of the recommendation is not normalised: at
//! 48 kHz it passes high frequencies with +0.04 dB, and every other rate must do the same, or
//! it would read lower by up to 0.04 LU.

use std::f64::consts::PI;

use super::amplitude;

/// Coefficients of one second-order section, `a0` being 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Section {
    pub(crate) b: [f64; 3],
    pub(crate) a: [f64; 2],
}

const SHELF_HZ: f64 = 1_681.974_450_955_533;
const SHELF_GAIN_DB: f64 = 3.999_843_853_973_347;
const SHELF_Q: f64 = 0.707_175_236_955_419_6;
const SHELF_EXPONENT: f64 = 0.499_666_774_154_541_6;
const PASS_HZ: f64 = 38.135_470_876_024_44;
const PASS_Q: f64 = 0.500_327_037_323_877_3;

/// Both sections for a sample rate in hertz.
pub(crate) fn sections(sample_rate_hz: f64) -> [Section; 2] {
    [shelf(sample_rate_hz), high_pass(sample_rate_hz)]
}

fn shelf(sample_rate_hz: f64) -> Section {
    let k = (PI * SHELF_HZ / sample_rate_hz).tan();
    let high = amplitude(SHELF_GAIN_DB);
    let middle = high.powf(SHELF_EXPONENT);
    let a0 = 1.0 + k / SHELF_Q + k * k;
    Section {
        b: [
            (high + middle * k / SHELF_Q + k * k) / a0,
            2.0 * (k * k - high) / a0,
            (high - middle * k / SHELF_Q + k * k) / a0,
        ],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / SHELF_Q + k * k) / a0],
    }
}

fn high_pass(sample_rate_hz: f64) -> Section {
    let denominator = |rate: f64| {
        let k = (PI * PASS_HZ / rate).tan();
        (k, 1.0 + k / PASS_Q + k * k)
    };
    let (k, a0) = denominator(sample_rate_hz);
    let (_, a0_at_48k) = denominator(48_000.0);
    let gain = a0_at_48k / a0;
    Section {
        b: [gain, -2.0 * gain, gain],
        a: [2.0 * (k * k - 1.0) / a0, (1.0 - k / PASS_Q + k * k) / a0],
    }
}

/// The filter's memory for `N` channels that run side by side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct State<const N: usize> {
    shelf: [[f64; N]; 2],
    pass: [[f64; N]; 2],
}

impl<const N: usize> State<N> {
    pub(crate) fn new() -> Self {
        Self {
            shelf: [[0.0; N]; 2],
            pass: [[0.0; N]; 2],
        }
    }

    /// Filters one frame and adds the squares to the energies. No kernel: a recursion waits for
    /// its own results, and wider registers make it no faster.
    #[inline]
    fn step(&mut self, sections: &[Section; 2], frame: [f64; N], energy: &mut [f64; N]) {
        let [first, second] = sections;
        let [s1, s2] = &mut self.shelf;
        let [p1, p2] = &mut self.pass;
        let lanes = frame.iter().zip(energy).zip(s1).zip(s2).zip(p1).zip(p2);
        for (((((x, energy), s1), s2), p1), p2) in lanes {
            // Each result waits for the one before it: what does not, is added first.
            let y = first.b[0] * x + *s1;
            *s1 = (first.b[1] * x + *s2) - first.a[0] * y;
            *s2 = first.b[2] * x - first.a[1] * y;
            let z = second.b[0] * y + *p1;
            *p1 = (second.b[1] * y + *p2) - second.a[0] * z;
            *p2 = second.b[2] * y - second.a[1] * z;
            *energy += z * z;
        }
    }
}

impl State<2> {
    /// Filters two planes of equal length and returns their energies.
    pub(crate) fn energy(
        &mut self,
        sections: &[Section; 2],
        left: &[f32],
        right: &[f32],
    ) -> [f64; 2] {
        let mut energy = [0.0; 2];
        for (&left, &right) in left.iter().zip(right) {
            let frame = [f64::from(left), f64::from(right)];
            self.step(sections, frame, &mut energy);
        }
        self.rest();
        energy
    }
}

impl State<1> {
    /// Filters one plane and returns its energy.
    pub(crate) fn energy(&mut self, sections: &[Section; 2], plane: &[f32]) -> f64 {
        let mut energy = [0.0];
        for &sample in plane {
            self.step(sections, [f64::from(sample)], &mut energy);
        }
        self.rest();
        energy[0]
    }
}

impl<const N: usize> State<N> {
    /// After long silence the memory decays into denormal numbers, which are slow.
    fn rest(&mut self) {
        for value in self.shelf.iter_mut().chain(&mut self.pass).flatten() {
            if value.abs() < 1.0e-30 {
                *value = 0.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_48_khz_the_sections_are_those_of_the_recommendation() {
        let [shelf, pass] = sections(48_000.0);
        let published_shelf = [
            1.535_124_859_586_97,
            -2.691_696_189_406_38,
            1.198_392_810_852_85,
        ];
        for (ours, theirs) in shelf.b.iter().zip(published_shelf) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
        assert!((shelf.a[0] + 1.690_659_293_182_41).abs() < 1e-9);
        assert!((shelf.a[1] - 0.732_480_774_215_85).abs() < 1e-9);
        assert!((pass.b[0] - 1.0).abs() < 1e-12 && (pass.b[1] + 2.0).abs() < 1e-12);
        assert!((pass.a[0] + 1.990_047_454_833_98).abs() < 1e-9);
        assert!((pass.a[1] - 0.990_072_250_366_21).abs() < 1e-9);
    }
}
