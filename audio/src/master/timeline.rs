//! Loudness and limiting over time, for drawing.

use super::reductions::depth_db;
use super::report::Timeline;
use crate::meter::hops::Hops;
use crate::meter::ticks::PER_HOP;
use crate::stage::limiter::Limiter;

/// Most points.
const MOST_POINTS: usize = 600;
/// Hops of the finest grid: points of 100 ms.
const FINEST_HOPS: usize = 10;
/// Nothing is drawn below.
const FLOOR_LUFS: f64 = -70.0;

/// Of the source, the master and the limiter between them; none for less than a hop of sound.
#[expect(clippy::cast_possible_truncation, reason = "for drawing")]
pub(crate) fn timeline(before: &Hops, after: &Hops, limiter: &Limiter) -> Option<Timeline> {
    let hops = before.len();
    if hops == 0 {
        return None;
    }
    let per_point = FINEST_HOPS.max(hops.div_ceil(MOST_POINTS));
    let loudness = |hops: &Hops| {
        (0..hops.len())
            .step_by(per_point)
            .map(|hop| {
                let loudness = hops.around(hop + per_point / 2);
                loudness.unwrap_or(FLOOR_LUFS).max(FLOOR_LUFS) as f32
            })
            .collect()
    };
    let mut reductions = vec![0.0_f32; hops.div_ceil(per_point)];
    for (tick, (from, to)) in limiter.ticks().enumerate() {
        // What is left over after the last whole hop belongs to the last point.
        let point = (tick / (PER_HOP * per_point)).min(reductions.len() - 1);
        if let Some(deepest) = reductions.get_mut(point) {
            *deepest = deepest.max(from).max(to);
        }
    }
    Some(Timeline {
        points_per_second: 100.0 / per_point as f64,
        short_term_before: loudness(before),
        short_term_after: loudness(after),
        gain_reduction_db: reductions
            .iter()
            .map(|reduction| depth_db(f64::from(*reduction)) as f32)
            .collect(),
    })
}
