//! Loudness, peaks, spectrum and stereo image of a track, in one pass over its blocks.

pub(crate) mod hops;
mod k_weighting;
pub(crate) mod loudness;
mod measurement;
pub(crate) mod planes;
pub(crate) mod spectrum;
pub(crate) mod stereo;
pub(crate) mod ticks;
pub(crate) mod true_peak;

pub use measurement::{Band, Measurement};

use crate::analysis::{Analyser, Wants};
use crate::control::Progress;
use crate::decode::{Place, Source, SourceInfo};
use crate::{Control, Result, Stage};
use hops::Hops;
use loudness::{Loudness, Trace};
use planes::Planes;
use spectrum::{Spectra, Spectrum};
use stereo::Stereo;
use true_peak::Scanner;

/// Amplitude to decibels; `None` for silence.
pub(crate) fn decibels(amplitude: f64) -> Option<f64> {
    (amplitude > 0.0).then(|| 20.0 * amplitude.log10())
}

/// Decibels to amplitude.
pub(crate) fn amplitude(decibels: f64) -> f64 {
    10.0_f64.powf(decibels / 20.0)
}

/// Everything that one pass tells.
pub(crate) struct Measured {
    pub(crate) figures: Measurement,
    pub(crate) spectra: Spectra,
    pub(crate) hops: Hops,
    /// Empty where none was asked for.
    pub(crate) trace: Trace,
}

/// Measures a track as its blocks go by.
pub struct Meter {
    planes: Planes,
    loudness: Loudness,
    scanners: Vec<Scanner>,
    true_peak: f32,
    spectrum: Spectrum,
    stereo: Stereo,
    analyser: Option<Analyser>,
    sample_rate_hz: u32,
}

impl Meter {
    /// A meter for a sample rate in hertz and the places of the channels.
    pub fn new(sample_rate_hz: u32, places: &[Place]) -> Self {
        Self {
            planes: Planes::new(places.len()),
            loudness: Loudness::new(sample_rate_hz, places),
            scanners: places.iter().map(|_| Scanner::new()).collect(),
            true_peak: 0.0,
            spectrum: Spectrum::new(sample_rate_hz, places.len()),
            stereo: Stereo::new(places.len()),
            analyser: None,
            sample_rate_hz,
        }
    }

    /// The same, which also keeps the level of every millisecond.
    pub(crate) fn traced(sample_rate_hz: u32, places: &[Place]) -> Self {
        Self {
            loudness: Loudness::traced(sample_rate_hz, places),
            ..Self::new(sample_rate_hz, places)
        }
    }

    /// Analyses the track as well: the measurement then has its
    /// [`analysis`](Measurement::analysis).
    #[must_use]
    pub fn analysing(mut self, wants: Wants) -> Self {
        let channels = self.planes.channels().len();
        self.analyser = Some(Analyser::new(self.sample_rate_hz, channels, wants));
        self
    }

    /// Takes the next samples, interleaved, of any number of whole frames.
    pub fn push(&mut self, mut samples: &[f32]) {
        while !samples.is_empty() {
            samples = self.planes.fill(samples);
            if self.planes.is_full() {
                self.flush();
            }
        }
    }

    fn flush(&mut self) {
        self.loudness.push_planes(self.planes.channels());
        for (scanner, plane) in self.scanners.iter_mut().zip(self.planes.channels()) {
            scanner.push(plane, &mut self.true_peak);
        }
        self.spectrum.push_planes(self.planes.channels());
        self.stereo.push_planes(self.planes.channels());
        if let Some(analyser) = &mut self.analyser {
            analyser.push_planes(self.planes.channels());
        }
        self.planes.clear();
    }

    /// The mean of each channel so far, full scale at 1.
    pub(crate) fn channel_means(&mut self) -> Vec<f64> {
        self.flush();
        self.stereo.means()
    }

    /// Ends the track.
    pub fn finish(self) -> Measurement {
        self.finish_all().figures
    }

    pub(crate) fn finish_all(mut self) -> Measured {
        self.flush();
        for scanner in &mut self.scanners {
            scanner.finish(&mut self.true_peak);
        }
        let (hops, trace) = self.loudness.finish();
        let spectra = self.spectrum.finish();
        let integrated_lufs = hops.integrated();
        let true_peak_dbtp = decibels(f64::from(self.true_peak));
        let sample_peak_dbfs = decibels(self.stereo.peak());
        let rms_db = decibels(self.stereo.rms());
        let frames = self.stereo.frames();
        let sides = spectra.sides.as_ref();
        let figures = Measurement {
            integrated_lufs,
            lra_lu: hops.range(),
            max_momentary_lufs: hops.max_momentary(),
            max_short_term_lufs: hops.max_short_term(),
            true_peak_dbtp,
            sample_peak_dbfs,
            plr_db: difference(true_peak_dbtp, integrated_lufs),
            psr: hops.psr(),
            crest_db: difference(sample_peak_dbfs, rms_db),
            correlation: self.stereo.correlation(),
            dc_offset: self.stereo.dc_offset(),
            spectrum: spectra.whole.bands(),
            mid_spectrum: sides.map(|(mid, _)| mid.bands()),
            side_spectrum: sides.map(|(_, side)| side.bands()),
            frames,
            duration_seconds: frames as f64 / f64::from(self.sample_rate_hz),
            analysis: self.analyser.map(Analyser::finish),
        };
        Measured {
            figures,
            spectra,
            hops,
            trace,
        }
    }
}

fn difference(one: Option<f64>, other: Option<f64>) -> Option<f64> {
    Some(one? - other?)
}

/// Decodes a whole track and measures it.
///
/// # Errors
/// Whatever decoding finds, and [`AudioError::Cancelled`](crate::AudioError::Cancelled).
pub fn measure(source: Source, control: &mut dyn Control) -> Result<(SourceInfo, Measurement)> {
    let mut progress = Progress::new(control);
    progress.enter(Stage::Measure, 0.0, 1.0)?;
    let mut info = source.info().clone();
    let measured = run(source, &mut progress)?.figures;
    progress.at(1.0)?;
    info.frames = Some(measured.frames);
    Ok((info, measured))
}

/// Decodes a whole track and measures it, as the pass that `progress` is in.
pub(crate) fn run(source: Source, progress: &mut Progress<'_>) -> Result<Measured> {
    let meter = Meter::new(source.info().sample_rate_hz, source.places());
    figures(source, meter, progress)
}

/// The same with a meter of one's own.
pub(crate) fn figures(
    mut source: Source,
    mut meter: Meter,
    progress: &mut Progress<'_>,
) -> Result<Measured> {
    let info = source.info();
    let expected = info.frames.unwrap_or(0).max(1) as f64;
    let mut block = Vec::new();
    let mut done = 0_u64;
    while let Some(frames) = source.next_block(&mut block)? {
        meter.push(&block);
        done += frames as u64;
        progress.at(done as f64 / expected)?;
    }
    Ok(meter.finish_all())
}
