//! Groups of points, and whether they are there: k-means from a seed, the silhouette, and how far two
//! groupings agree.

use crate::random::Random;

/// Runs from other centres, of which the best counts.
const STARTS: u64 = 8;
const MOST_ROUNDS: usize = 50;

/// The group of each point: 0 to `count` − 1, by the groups' order in the points. The same points,
/// count and seed, the same groups (Arthur, Vassilvitskii: k-means++, 2007).
pub fn groups(points: &[Vec<f64>], count: usize, seed: u64) -> Vec<usize> {
    let runs = (0..STARTS).map(|run| {
        let found = one_run(points, count, &mut Random::part(seed, run));
        (spread(points, &found, count), found)
    });
    let best = runs.min_by(|one, other| one.0.total_cmp(&other.0));
    in_order(best.map(|(_, found)| found).unwrap_or_default())
}

fn one_run(points: &[Vec<f64>], count: usize, random: &mut Random) -> Vec<usize> {
    let mut centres: Vec<Vec<f64>> = Vec::with_capacity(count);
    centres.extend(points.get(random.below(points.len())).cloned());
    while centres.len() < count {
        let far: Vec<f64> = points
            .iter()
            .map(|point| nearest(point, &centres).1)
            .collect();
        let mut mark = random.unit() * far.iter().sum::<f64>();
        let next = far.iter().position(|far| {
            mark -= far;
            mark < 0.0
        });
        // None is left when all points are centres already.
        centres.extend(points.get(next.unwrap_or(0)).cloned());
    }
    let mut found = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let next: Vec<usize> = points
            .iter()
            .map(|point| nearest(point, &centres).0)
            .collect();
        if next == found {
            break;
        }
        found = next;
        for (group, centre) in centres.iter_mut().enumerate() {
            if let Some(mean) = mean(points, &found, group) {
                *centre = mean;
            }
        }
    }
    found
}

/// The mean of a group's points; none of an empty group.
fn mean(points: &[Vec<f64>], groups: &[usize], group: usize) -> Option<Vec<f64>> {
    let own = || points.iter().zip(groups).filter(|(_, of)| **of == group);
    let count = own().count();
    let first = own().next()?.0;
    let mut mean = vec![0.0; first.len()];
    for (point, _) in own() {
        for (sum, value) in mean.iter_mut().zip(point) {
            *sum += value / count as f64;
        }
    }
    Some(mean)
}

fn nearest(point: &[f64], centres: &[Vec<f64>]) -> (usize, f64) {
    let apart = centres
        .iter()
        .map(|centre| square(point, centre))
        .enumerate();
    apart
        .min_by(|one, other| one.1.total_cmp(&other.1))
        .unwrap_or((0, 0.0))
}

fn square(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum()
}

fn spread(points: &[Vec<f64>], groups: &[usize], count: usize) -> f64 {
    let means: Vec<_> = (0..count)
        .map(|group| mean(points, groups, group))
        .collect();
    let off = points.iter().zip(groups).filter_map(|(point, group)| {
        let mean = means.get(*group)?.as_ref()?;
        Some(square(point, mean))
    });
    off.sum()
}

/// Groups are numbered as they come.
fn in_order(groups: Vec<usize>) -> Vec<usize> {
    let mut seen: Vec<usize> = Vec::new();
    let number = |group: usize| {
        seen.iter()
            .position(|known| *known == group)
            .unwrap_or_else(|| {
                seen.push(group);
                seen.len() - 1
            })
    };
    groups.into_iter().map(number).collect()
}

/// The mean silhouette, −1 to 1: how much nearer points are to their own group than to the next one
/// (Rousseeuw 1987). None for fewer than two groups.
pub fn silhouette(points: &[Vec<f64>], groups: &[usize]) -> Option<f64> {
    let count = groups.iter().max()? + 1;
    if count < 2 {
        return None;
    }
    let mut sum = 0.0;
    for (at, (point, own)) in points.iter().zip(groups).enumerate() {
        let mut apart = vec![(0.0, 0_usize); count];
        for (other_at, (other, group)) in points.iter().zip(groups).enumerate() {
            if let Some((total, size)) = apart.get_mut(*group).filter(|_| other_at != at) {
                *total += square(point, other).sqrt();
                *size += 1;
            }
        }
        let mean = |(total, size): &(f64, usize)| (*size > 0).then(|| total / *size as f64);
        // A group of one point says nothing of it.
        let Some(within) = apart.get(*own).and_then(mean) else {
            continue;
        };
        let others = apart.iter().enumerate().filter(|(group, _)| group != own);
        let next = others
            .filter_map(|(_, found)| mean(found))
            .fold(f64::INFINITY, f64::min);
        if within.max(next) > 0.0 && next.is_finite() {
            sum += (next - within) / within.max(next);
        }
    }
    Some(sum / points.len() as f64)
}

/// How far two groupings of the same points agree: 1 wholly, 0 as chance would have it (Hubert, Arabie:
/// the adjusted Rand index, 1985).
pub fn agreement(one: &[usize], other: &[usize]) -> f64 {
    let size = |groups: &[usize]| groups.iter().max().map_or(0, |most| most + 1);
    let (rows, columns) = (size(one), size(other));
    let mut table = vec![vec![0.0_f64; columns]; rows];
    for (a, b) in one.iter().zip(other) {
        if let Some(cell) = table.get_mut(*a).and_then(|row| row.get_mut(*b)) {
            *cell += 1.0;
        }
    }
    let pairs = |count: f64| count * (count - 1.0) / 2.0;
    let both: f64 = table.iter().flatten().map(|count| pairs(*count)).sum();
    let of_rows: f64 = table.iter().map(|row| pairs(row.iter().sum())).sum();
    let of_columns: f64 = (0..columns)
        .map(|at| pairs(table.iter().filter_map(|row| row.get(at)).sum()))
        .sum();
    let expected = of_rows * of_columns / pairs(one.len() as f64).max(1.0);
    let most = f64::midpoint(of_rows, of_columns);
    if most > expected {
        (both - expected) / (most - expected)
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blobs(seed: u64, apart: f64) -> Vec<Vec<f64>> {
        let mut random = Random::new(seed);
        (0..30)
            .map(|at| {
                let centre = apart * f64::from(at % 3);
                vec![centre + random.normal(), centre + random.normal()]
            })
            .collect()
    }

    #[test]
    fn groups_that_are_there_are_found_and_others_are_not_believed() {
        let points = blobs(1, 8.0);
        let found = groups(&points, 3, 7);
        let truth: Vec<usize> = (0..30).map(|at| at % 3).collect();
        assert!((agreement(&found, &truth) - 1.0).abs() < 1e-9);
        assert!(silhouette(&points, &found).unwrap() > 0.6);
        assert_eq!(found, groups(&points, 3, 7));

        let cloud = blobs(2, 0.0);
        let found = groups(&cloud, 3, 7);
        assert!(silhouette(&cloud, &found).unwrap() < 0.5);
        let mut chance = truth.clone();
        Random::new(3).shuffle(&mut chance);
        assert!(agreement(&chance, &truth).abs() < 0.2);
        assert!(silhouette(&cloud, &[0; 30]).is_none());
    }
}
