//! Demand that is mostly 0 (Syntetos, Boylan: The accuracy of intermittent demand estimates, 2005;
//! Teunter, Syntetos, Babai: Intermittent demand: linking forecasting to inventory obsolescence,
//! 2011).

/// How fast sizes and intervals are smoothed.
const SMOOTHING: f64 = 0.1;
/// The share of zeros from which demand counts as intermittent.
const MANY_ZEROS: f64 = 0.4;

/// Whether a history is mostly zeros, none of its values being negative.
pub fn is_intermittent(history: &[f64]) -> bool {
    let zeros = history.iter().filter(|value| **value == 0.0).count() as f64;
    history.iter().all(|value| *value >= 0.0) && zeros > MANY_ZEROS * history.len() as f64
}

/// Croston's mean demand a step in the approximation of Syntetos and Boylan, after every value:
/// entry `k` is the forecast when `k` values are known; the first is 0.
pub fn croston(history: &[f64]) -> Vec<f64> {
    let mut rates = vec![0.0];
    let (mut size, mut interval, mut since) = (None::<f64>, 1.0, 1.0);
    for value in history {
        if *value == 0.0 {
            since += 1.0;
        } else {
            match &mut size {
                None => {
                    size = Some(*value);
                    interval = since;
                }
                Some(size) => {
                    *size += SMOOTHING * (value - *size);
                    interval += SMOOTHING * (since - interval);
                }
            }
            since = 1.0;
        }
        rates.push(size.map_or(0.0, |size| (1.0 - SMOOTHING / 2.0) * size / interval));
    }
    rates
}

/// The same of Teunter, Syntetos and Babai, which fades where demand has ceased.
pub fn tsb(history: &[f64]) -> Vec<f64> {
    let mut rates = vec![0.0];
    let (mut size, mut chance) = (None::<f64>, 0.0);
    for (known, value) in history.iter().enumerate() {
        let came = if *value == 0.0 { 0.0 } else { 1.0 };
        // A plain mean at first, so that the start does not depend on the first value.
        let weight = SMOOTHING.max(1.0 / (known as f64 + 1.0));
        chance += weight * (came - chance);
        if *value != 0.0 {
            let size = size.get_or_insert(*value);
            *size += SMOOTHING * (value - *size);
        }
        rates.push(size.unwrap_or(0.0) * chance);
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_demand_gives_its_rate() {
        let history: Vec<f64> = (0..400)
            .map(|at| if at % 4 == 3 { 8.0 } else { 0.0 })
            .collect();
        assert!(is_intermittent(&history));
        // 8 every 4 steps is 2 a step; the approximation takes 5 % off.
        assert!((croston(&history)[400] - 1.9).abs() < 1e-9);
        assert!((tsb(&history)[400] - 2.0).abs() < 0.5);
    }

    #[test]
    fn demand_that_ceased_fades_only_with_tsb() {
        let mut history = vec![0.0, 5.0, 0.0, 5.0, 0.0, 5.0];
        history.extend([0.0; 60]);
        assert!(croston(&history)[66] > 1.0);
        assert!(tsb(&history)[66] < 0.05);
    }
}
