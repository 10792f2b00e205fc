//! Minimises a function of a few bounded numbers (Nelder and Mead, 1965).
#![expect(
    clippy::indexing_slicing,
    reason = "the simplex has one point more than dimensions, always at least two"
)]

/// A number's bounds and where the search begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) start: f64,
}

/// The best point found with about so many evaluations. What is not finite counts as infinite.
pub(super) fn minimise(
    bounds: &[Bound],
    most: usize,
    mut cost: impl FnMut(&[f64]) -> f64,
) -> Vec<f64> {
    let mut spent = 0;
    let mut at = |mut point: Vec<f64>| {
        for (value, bound) in point.iter_mut().zip(bounds) {
            *value = value.clamp(bound.low, bound.high);
        }
        spent += 1;
        let cost = cost(&point);
        (
            if cost.is_finite() {
                cost
            } else {
                f64::INFINITY
            },
            point,
            spent,
        )
    };
    let start: Vec<f64> = bounds.iter().map(|bound| bound.start).collect();
    let mut simplex = Vec::with_capacity(bounds.len() + 1);
    for step in 0..=bounds.len() {
        let mut point = start.clone();
        if let Some(bound) = step.checked_sub(1).and_then(|step| bounds.get(step)) {
            let size = 0.15 * (bound.high - bound.low);
            let up = bound.start + size <= bound.high;
            point[step - 1] += if up { size } else { -size };
        }
        let (cost, point, _) = at(point);
        simplex.push((cost, point));
    }
    let count = bounds.len();
    loop {
        simplex.sort_by(|one, other| one.0.total_cmp(&other.0));
        let (best, worst) = (simplex[0].0, simplex[count].0);
        let flat = worst - best <= 1e-7 * (best.abs() + 1e-7);
        let mean: Vec<f64> = (0..count)
            .map(|dim| {
                simplex[..count]
                    .iter()
                    .map(|(_, point)| point[dim])
                    .sum::<f64>()
                    / count as f64
            })
            .collect();
        let far = simplex[count].1.clone();
        let along = |by: f64| -> Vec<f64> {
            mean.iter()
                .zip(&far)
                .map(|(mean, far)| mean + by * (mean - far))
                .collect()
        };
        let (cost, point, spent) = at(along(1.0));
        if flat || spent > most {
            break;
        }
        if cost < best {
            let (further, beyond, _) = at(along(2.0));
            simplex[count] = if further < cost {
                (further, beyond)
            } else {
                (cost, point)
            };
        } else if cost < simplex[count - 1].0 {
            simplex[count] = (cost, point);
        } else {
            let (nearer, within, _) = at(along(if cost < worst { 0.5 } else { -0.5 }));
            if nearer < cost.min(worst) {
                simplex[count] = (nearer, within);
            } else {
                let centre = simplex[0].1.clone();
                for entry in &mut simplex[1..] {
                    let halfway = entry
                        .1
                        .iter()
                        .zip(&centre)
                        .map(|(one, other)| f64::midpoint(*one, *other));
                    let (cost, point, _) = at(halfway.collect());
                    *entry = (cost, point);
                }
            }
        }
    }
    simplex.swap_remove(0).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bowl_is_minimised_within_bounds() {
        let bound = |start| Bound {
            low: -1.0,
            high: 2.0,
            start,
        };
        let found = minimise(&[bound(0.0), bound(1.5)], 400, |x| {
            (x[0] - 0.5).powi(2) + 3.0 * (x[1] - 5.0).powi(2)
        });
        assert!(
            (found[0] - 0.5).abs() < 1e-2 && (found[1] - 2.0).abs() < 1e-6,
            "{found:?}"
        );
    }
}
