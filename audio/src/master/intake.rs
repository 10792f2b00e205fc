//! The first pass: decode everything once, measure it, and keep it for the passes that follow.

use serde::{Deserialize, Serialize};

use super::offset::Offset;
use super::resume;
use super::store::Store;
use crate::control::Progress;
use crate::decode::{Downmix, Source, SourceInfo, Tags};
use crate::meter::hops::Hops;
use crate::meter::loudness::Trace;
use crate::meter::spectrum::Spectra;
use crate::meter::{Measurement, Meter};
use crate::overview::Overview;
use crate::{Analysis, AudioError, Result, Stage, Wants, Workspace};

/// A decoded and measured track.
#[derive(Serialize, Deserialize)]
pub(crate) struct Track {
    /// As it is worked on: in mono or stereo.
    pub info: SourceInfo,
    pub source_channels: u16,
    pub downmix: Option<Downmix>,
    pub tags: Tags,
    pub frames: u64,
    pub measured: Measurement,
    pub analysis: Analysis,
    pub spectra: Spectra,
    pub hops: Hops,
    /// A constant offset of each channel, 0 where there is none.
    pub offsets: Vec<f64>,
    pub overview: Overview,
    pub replaced_samples: u64,
    pub skipped_packets: u64,
}

/// The space that holds the decoded track.
const DECODED: &str = "decoded";

pub(crate) fn read(
    source: Source,
    workspace: &mut dyn Workspace,
    progress: &mut Progress<'_>,
    share: (f32, f32),
) -> Result<(Track, Store, Trace)> {
    if let Some((audio, (track, levels))) = resume::recall(workspace, DECODED)? {
        return Ok((track, audio, levels));
    }
    progress.enter(Stage::Decode, share.0, share.1)?;
    let (track, mut audio, levels) = decode(source, workspace, progress)?;
    if resume::is_worth_keeping(track.measured.duration_seconds) {
        resume::keep(workspace, DECODED, &mut audio, &(&track, &levels))?;
    }
    Ok((track, audio, levels))
}

fn decode(
    source: Source,
    workspace: &mut dyn Workspace,
    progress: &mut Progress<'_>,
) -> Result<(Track, Store, Trace)> {
    let source_channels = source.info().channels;
    let mut source = source.into_stereo()?;
    let info = source.info().clone();
    let channels = usize::from(info.channels);
    let mut audio = Store::new(workspace.scratch(DECODED)?);
    let wants = Wants {
        music: true,
        pictures: false,
    };
    let mut meter = Meter::traced(info.sample_rate_hz, source.places()).analysing(wants);
    let mut overview = Overview::new(channels);
    let mut offset = Offset::new(channels, info.sample_rate_hz);
    let expected = info.frames.unwrap_or(0).max(1) as f64;
    let mut block = Vec::new();
    let mut frames = 0_u64;
    while let Some(count) = source.next_block(&mut block)? {
        meter.push(&block);
        overview.push(&block);
        offset.push(&block);
        audio.write(&block)?;
        frames += count as u64;
        progress.at(frames as f64 / expected)?;
    }
    let offsets = offset.steady(&meter.channel_means());
    let measured = meter.finish_all();
    let analysis = measured.figures.analysis.clone();
    let track = Track {
        frames,
        offsets,
        analysis: analysis.ok_or_else(|| AudioError::Internal("no analysis".to_owned()))?,
        measured: measured.figures,
        spectra: measured.spectra,
        hops: measured.hops,
        overview,
        replaced_samples: source.replaced_samples(),
        skipped_packets: source.skipped_packets(),
        source_channels,
        downmix: source.downmix().cloned(),
        tags: source.into_tags(),
        info,
    };
    Ok((track, audio, measured.trace))
}
