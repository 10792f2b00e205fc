//! Which curve the equaliser should have: towards the track's own smooth balance, or towards a
//! reference.

use crate::meter::Band;

/// Most that is changed without a reference, in decibels.
pub(crate) const OWN_BOUND_DB: f64 = 3.0;
/// Most that is changed towards a reference, in decibels.
pub(crate) const REFERENCE_BOUND_DB: f64 = 6.0;
/// Share of an unevenness that is taken out without a reference: it may be meant.
const OWN_AMOUNT: f64 = 0.3;
/// A curve that stays below this everywhere is not worth a filter.
const WORTHWHILE_DB: f64 = 0.75;
/// Bands further below the loudest one hold no music: a lossy codec's cut-off, or noise.
const HELD_DB: f64 = 60.0;
/// Only these bands are judged; below is rumble, above is air that recordings lack or have.
const LOWEST_HZ: f64 = 40.0;
const HIGHEST_HZ: f64 = 16_000.0;
/// Balances whose overall tilt is within these, in decibels an octave, are left at it.
const STEEPEST_DB_PER_OCTAVE: f64 = -6.0;
const FLATTEST_DB_PER_OCTAVE: f64 = 0.0;

/// Gain over frequency: a line through third octaves, level beyond its ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Curve {
    /// Octaves above 1 kHz and decibels, rising.
    points: Vec<(f64, f64)>,
}

fn octaves(hz: f64) -> f64 {
    (hz / 1_000.0).log2()
}

impl Curve {
    fn through(bands: &[(f64, f64)]) -> Self {
        Self {
            points: bands.iter().map(|(hz, db)| (octaves(*hz), *db)).collect(),
        }
    }

    /// The gain in decibels at a frequency in hertz.
    pub(crate) fn at(&self, hz: f64) -> f64 {
        let x = octaves(hz.max(1.0));
        let mut before: Option<(f64, f64)> = None;
        for &(position, db) in &self.points {
            if x <= position {
                return match before {
                    Some((from, from_db)) => {
                        let share = (x - from) / (position - from);
                        // A cosine between the points keeps the curve smooth at them.
                        let eased = 0.5 - 0.5 * (std::f64::consts::PI * share).cos();
                        from_db + (db - from_db) * eased
                    }
                    None => db,
                };
            }
            before = Some((position, db));
        }
        before.map_or(0.0, |(_, db)| db)
    }

    /// The largest change in decibels.
    pub(crate) fn largest(&self) -> f64 {
        self.points
            .iter()
            .fold(0.0, |most: f64, (_, db)| most.max(db.abs()))
    }

    /// Frequencies in hertz and decibels, for the report.
    pub(crate) fn bands(&self) -> Vec<Band> {
        self.points
            .iter()
            .map(|(octave, db)| Band {
                hz: (octave.exp2() * 1_000.0 * 10.0).round() / 10.0,
                db: (db * 100.0).round() / 100.0,
            })
            .collect()
    }

    fn worthwhile(self) -> Option<Self> {
        (self.largest() >= WORTHWHILE_DB).then_some(self)
    }
}

/// Towards the track's own balance: what sticks out of a smooth curve through it is taken back
/// in part, and an extreme tilt is eased. `None` when there is nothing worth doing.
pub(crate) fn own_balance(spectrum: &[Band]) -> Option<Curve> {
    let bands = judged(spectrum);
    let (level, slope, bend) = smooth_fit(&bands)?;
    let goal_slope = slope.clamp(STEEPEST_DB_PER_OCTAVE, FLATTEST_DB_PER_OCTAVE);
    let wanted: Vec<(f64, f64)> = bands
        .iter()
        .map(|band| {
            let x = octaves(band.hz);
            let fitted = level + slope * x + bend * x * x;
            let excess = band.db - fitted;
            (band.hz, (goal_slope - slope) * x - excess)
        })
        .collect();
    bounded(&wanted, OWN_AMOUNT, OWN_BOUND_DB).worthwhile()
}

/// Towards the balance of a reference, whatever its level.
pub(crate) fn towards(spectrum: &[Band], reference: &[Band]) -> Option<Curve> {
    let ours = judged(spectrum);
    let theirs = judged(reference);
    let wanted: Vec<(f64, f64)> = ours
        .iter()
        .filter_map(|band| {
            let other = theirs
                .iter()
                .find(|other| (other.hz - band.hz).abs() < 0.1)?;
            Some((band.hz, other.db - band.db))
        })
        .collect();
    if wanted.len() < 3 {
        return None;
    }
    bounded(&wanted, 1.0, REFERENCE_BOUND_DB).worthwhile()
}

fn judged(spectrum: &[Band]) -> Vec<Band> {
    let loudest = spectrum.iter().map(|band| band.db).fold(-400.0, f64::max);
    spectrum
        .iter()
        .filter(|band| (LOWEST_HZ..=HIGHEST_HZ).contains(&band.hz))
        .filter(|band| band.db > loudest - HELD_DB && band.db > -120.0)
        .copied()
        .collect()
}

/// Level, slope and bend of a parabola over octaves, by least squares.
fn smooth_fit(bands: &[Band]) -> Option<(f64, f64, f64)> {
    if bands.len() < 8 {
        return None;
    }
    let mut sums = [0.0; 5];
    let mut right = [0.0; 3];
    for band in bands {
        let x = octaves(band.hz);
        let mut power = 1.0;
        for (index, sum) in sums.iter_mut().enumerate() {
            *sum += power;
            if let Some(right) = right.get_mut(index) {
                *right += power * band.db;
            }
            power *= x;
        }
    }
    let [s0, s1, s2, s3, s4] = sums;
    let determinant = |a: [f64; 3], b: [f64; 3], c: [f64; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - b[0] * (a[1] * c[2] - a[2] * c[1])
            + c[0] * (a[1] * b[2] - a[2] * b[1])
    };
    let (one, two, three) = ([s0, s1, s2], [s1, s2, s3], [s2, s3, s4]);
    let whole = determinant(one, two, three);
    (whole.abs() > 1e-9).then(|| {
        (
            determinant(right, two, three) / whole,
            determinant(one, right, three) / whole,
            determinant(one, two, right) / whole,
        )
    })
}

/// Without its mean, smoothed over neighbours, scaled and bounded.
fn bounded(wanted: &[(f64, f64)], amount: f64, bound_db: f64) -> Curve {
    let mean = wanted.iter().map(|(_, db)| db).sum::<f64>() / wanted.len().max(1) as f64;
    let last = wanted.len().saturating_sub(1);
    let at = |index: usize| wanted.get(index).map_or(0.0, |(_, db)| db - mean);
    let smooth: Vec<(f64, f64)> = wanted
        .iter()
        .enumerate()
        .map(|(index, (hz, _))| {
            let before = at(index.saturating_sub(1));
            let after = at((index + 1).min(last));
            let db = 0.25 * before + 0.5 * at(index) + 0.25 * after;
            (*hz, (db * amount).clamp(-bound_db, bound_db))
        })
        .collect();
    Curve::through(&smooth)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spectrum(level: impl Fn(f64) -> f64) -> Vec<Band> {
        (-14..=13)
            .map(|third| {
                let hz = 1_000.0 * 2.0_f64.powf(f64::from(third) / 3.0);
                Band { hz, db: level(hz) }
            })
            .collect()
    }

    #[test]
    fn an_even_balance_is_left_alone() {
        assert_eq!(own_balance(&spectrum(|hz| -30.0 - 3.0 * octaves(hz))), None);
    }

    #[test]
    fn a_bump_is_taken_back_in_part_and_within_the_bound() {
        let bumpy = spectrum(|hz| {
            if (900.0..1_400.0).contains(&hz) {
                -10.0
            } else {
                -30.0
            }
        });
        let curve = own_balance(&bumpy).unwrap();
        assert!(curve.at(1_100.0) < -1.0, "{}", curve.at(1_100.0));
        assert!(curve.largest() <= OWN_BOUND_DB);
    }

    #[test]
    fn a_reference_is_approached_whatever_its_level_and_never_beyond_the_bound() {
        let flat = spectrum(|_| -30.0);
        let bright = spectrum(|hz| if hz > 2_000.0 { -5.0 } else { -25.0 });
        let curve = towards(&flat, &bright).unwrap();
        assert!((curve.at(8_000.0) - REFERENCE_BOUND_DB).abs() < 1e-9);
        assert!((curve.at(100.0) + REFERENCE_BOUND_DB).abs() < 1e-9);
        assert_eq!(towards(&flat, &spectrum(|_| -12.0)), None);
    }
}
