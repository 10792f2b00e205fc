//! Tracks that are mastered together: they keep their loudness against each other, and what
//! shapes the tone of one shapes that of all.

use super::assistant::Traits;
use super::report::{self, Report};
use crate::analysis::Wants;
use crate::control::{Control, Progress};
use crate::decode::Source;
use crate::meter::hops::loudness_of_blocks;
use crate::meter::spectrum::Spectra;
use crate::meter::{Meter, figures};
use crate::{Result, Stage};

/// A track that falls short of its loudness by less than this lets the others be, in LU.
const SHORT_LU: f64 = 0.05;

/// What is known of an album as a whole.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Album {
    tracks: usize,
    seconds: f64,
    /// Powers of the gating blocks of all tracks.
    blocks: Vec<f64>,
    spectra: Option<Spectra>,
    traits: Option<Traits>,
    /// How much lower all tracks are, so that none of them stays behind, in LU.
    lowered_lu: f64,
}

impl Album {
    /// An album without tracks.
    pub fn new() -> Self {
        Self::default()
    }

    /// Listens to one track of it.
    ///
    /// # Errors
    /// Whatever decoding finds, `too_many_channels` and `cancelled`.
    pub fn add(&mut self, source: Source, control: &mut dyn Control) -> Result<()> {
        let mut progress = Progress::new(control);
        progress.enter(Stage::Measure, 0.0, 1.0)?;
        let source = source.into_stereo()?;
        let wants = Wants {
            music: true,
            pictures: false,
        };
        let meter = Meter::new(source.info().sample_rate_hz, source.places()).analysing(wants);
        let measured = figures(source, meter, &mut progress)?;
        let seconds = measured.figures.duration_seconds;
        self.blocks.extend(measured.hops.gating_blocks());
        let traits = Traits::of(&measured.figures, &measured.spectra);
        match (&mut self.traits, traits) {
            (Some(all), traits) => all.pool(self.seconds, &traits, seconds),
            (none, traits) => *none = Some(traits),
        }
        match &mut self.spectra {
            Some(all) => all.pool(self.seconds, &measured.spectra, seconds),
            None => self.spectra = Some(measured.spectra),
        }
        self.seconds += seconds;
        self.tracks += 1;
        Ok(())
    }

    /// Integrated loudness of all tracks one after the other, in LUFS.
    pub fn integrated_lufs(&self) -> Option<f64> {
        loudness_of_blocks(&self.blocks)
    }

    /// Looks at the masters of one round, of all tracks: where one had to stay quieter than it
    /// should against the others, all of them have to come down with it. Then this gives true, and
    /// every track is to be mastered anew.
    pub fn spare<'a>(&mut self, reports: impl IntoIterator<Item = &'a Report>) -> bool {
        let short_lu = reports.into_iter().filter_map(short_lu);
        let short_lu = short_lu.fold(0.0, f64::max);
        self.lowered_lu += short_lu;
        short_lu > 0.0
    }

    /// How much lower than asked for the tracks are by now, in LU.
    pub fn lowered_lu(&self) -> f64 {
        self.lowered_lu
    }

    /// The loudness of a track when the album has the one asked for.
    pub(crate) fn share(&self, asked_lufs: f64, own_lufs: f64) -> f64 {
        let album = self.integrated_lufs().unwrap_or(asked_lufs);
        asked_lufs - self.lowered_lu + (own_lufs - album)
    }

    pub(crate) fn spectra(&self) -> Option<&Spectra> {
        self.spectra.as_ref()
    }

    pub(crate) fn traits(&self) -> Option<&Traits> {
        self.traits.as_ref()
    }

    pub(crate) fn told(&self, own_lufs: Option<f64>) -> report::AlbumShare {
        let album = self.integrated_lufs();
        report::AlbumShare {
            tracks: self.tracks,
            integrated_lufs: album,
            against_album_lu: own_lufs.zip(album).map(|(own, album)| own - album),
            lowered_lu: self.lowered_lu,
        }
    }
}

/// How far a master stayed below its loudness, in LU, where that can be heard against the others.
fn short_lu(report: &Report) -> Option<f64> {
    let short_lu = report.target.integrated_lufs - report.after.integrated_lufs?;
    (!report.target_reached && short_lu >= SHORT_LU).then_some(short_lu)
}
