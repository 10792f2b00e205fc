//! What is aimed at: the references' figures, and the loudness as a number.

use super::Reference;
use super::album::Album;
use super::intake::Track;
use super::report;
use super::settings::{Loudness, Settings};
use crate::control::Progress;
use crate::meter::{self, Measured};
use crate::{Preset, Result, Stage};

/// Measures every reference, with its weight.
pub(crate) fn measure_references(
    references: Vec<Reference>,
    progress: &mut Progress<'_>,
    (from, to): (f32, f32),
) -> Result<Vec<(Measured, f64)>> {
    let share = (to - from) / references.len().max(1) as f32;
    references
        .into_iter()
        .enumerate()
        .map(|(index, reference)| {
            let from = from + share * index as f32;
            progress.enter(Stage::Measure, from, from + share)?;
            let measured = meter::run(reference.source.into_stereo()?, progress)?;
            Ok((measured, reference.weight))
        })
        .collect()
}

/// The target with its loudness as a figure: of the track, where the one asked for is the
/// album's.
pub(crate) fn target(
    settings: &Settings,
    track: &Track,
    references: &[(Measured, f64)],
    preset: &Preset,
) -> report::Target {
    let asked = &settings.target;
    let of_track = track.measured.integrated_lufs.unwrap_or(0.0);
    let album = settings.album.as_deref();
    let of_album = album.and_then(Album::integrated_lufs);
    let own = of_album.unwrap_or(of_track);
    let suggested = preset.loudness.as_ref();
    let wanted = match asked.loudness {
        Loudness::Lufs(lufs) => lufs,
        Loudness::Natural => own,
        Loudness::Reference => mean_loudness(references).unwrap_or(own),
        Loudness::Preset => suggested.and_then(|it| it.integrated_lufs).unwrap_or(own),
    };
    report::Target {
        name: asked.name.clone(),
        integrated_lufs: album.map_or(wanted, |album| album.share(wanted, of_track)),
        ceiling_dbtp: asked.ceiling_dbtp,
    }
}

fn mean_loudness(references: &[(Measured, f64)]) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (reference, weight) in references {
        if let Some(loudness) = reference.figures.integrated_lufs {
            sum += loudness * weight;
            weights += weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}
