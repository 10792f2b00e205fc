//! From the shaped sound to the files: finds the level, writes every file, and does both again
//! as long as a file that was read back misses what it should be.

use super::finish::{self, Master, Written};
use super::intake::Track;
use super::level::{self, Goal, Level};
use super::levels::Levels;
use super::notes::Verdict;
use super::output::OutputKind;
use super::report;
use super::settings::Settings;
use super::store::Store;
use crate::codec;
use crate::control::Progress;
use crate::meter::decibels;
use crate::meter::true_peak::MOST_OVER_READ_DB;
use crate::{Destination, Result, Stage};

/// The limiter aims this far under the ceiling, for what quantising adds and what lies between
/// the points that it looks at.
const MARGIN_DB: f64 = 0.01;
/// A true peak over the ceiling by more than this is not accepted.
const PEAK_TOLERANCE_DB: f64 = 0.005;
/// A loudness off by more than this is not accepted, where it can be mended.
const LOUDNESS_TOLERANCE_LU: f64 = 0.02;
/// A ceiling is not lowered for less than this.
const CODEC_TOLERANCE_DB: f64 = 0.05;
/// For the sake of codecs the ceiling is lowered to this at most, in dBTP: what could still be
/// over then is rare, and limiting that deep would be heard always.
const LOWEST_FOR_CODECS_DBTP: f64 = -4.0;
/// Most times that something is corrected.
const MOST_CORRECTIONS: u32 = 5;

/// What the last passes share.
pub(crate) struct Finishing<'a> {
    track: &'a Track,
    settings: &'a Settings,
    pub(crate) target: report::Target,
    /// What the limiter works towards: the target, corrected by what written files were found
    /// to miss.
    goal: Goal,
    pub(crate) verdict: Verdict,
    /// Integrated loudness of the shaped audio.
    loudness: Option<f64>,
    audio: Store,
    levels: Levels,
    /// Whether the audio is the track's own, so that what was measured of it holds.
    untouched: bool,
}

/// What a file that was read back misses.
struct Missed {
    /// How far it is over the ceiling, in dB.
    over_db: f64,
    /// What it lacks of the target's loudness, in LU.
    short_lu: f64,
    /// How much lower the ceiling has to be for codecs, in dB.
    codecs_db: f64,
}

impl<'a> Finishing<'a> {
    pub(crate) fn new(
        track: &'a Track,
        settings: &'a Settings,
        target: report::Target,
        (audio, levels): (Store, Levels),
        loudness: Option<f64>,
        untouched: bool,
    ) -> Self {
        Self {
            track,
            settings,
            goal: Goal {
                integrated_lufs: target.integrated_lufs,
                ceiling_dbtp: target.ceiling_dbtp - MARGIN_DB,
            },
            target,
            verdict: Verdict::Aimed,
            loudness,
            audio,
            levels,
            untouched,
        }
    }

    /// The gain and the limiter's curve for the goal.
    pub(crate) fn level(&mut self, progress: &mut Progress<'_>) -> Result<Level> {
        let channels = usize::from(self.track.info.channels);
        let peak = self.highest();
        if peak <= 0.0 {
            self.verdict = Verdict::Silent;
            return Ok(level::plain(&self.levels, 0.0));
        }
        let Some(loudness) = self.loudness else {
            self.verdict = Verdict::Unmeasurable;
            let levels = &mut self.levels;
            levels.find_peaks(&mut self.audio, channels, f64::from(peak), progress)?;
            let peak_db = decibels(f64::from(self.highest())).unwrap_or(0.0);
            let gain_db = (self.goal.ceiling_dbtp - peak_db).min(0.0);
            return Ok(level::plain(&self.levels, gain_db));
        };
        let start_db = self.goal.integrated_lufs - loudness;
        let fits = |peak: f64| peak + MOST_OVER_READ_DB + start_db <= self.target.ceiling_dbtp;
        if self.untouched && self.track.measured.true_peak_dbtp.is_some_and(fits) {
            return Ok(level::plain(&self.levels, start_db));
        }
        self.search(loudness, progress)
    }

    fn highest(&self) -> f32 {
        self.levels.peaks().iter().copied().fold(0.0, f32::max)
    }

    /// Writes every file; all of them have the same level.
    pub(crate) fn write(
        &mut self,
        level: &mut Level,
        files: &mut [&mut dyn Destination],
        progress: &mut Progress<'_>,
        (from, to): (f32, f32),
    ) -> Result<Vec<Written>> {
        let share = (to - from) / files.len().max(1) as f32;
        let mut written: Vec<Written> = Vec::new();
        let mut corrections = 0;
        loop {
            let index = written.len();
            let (Some(file), Some(kind)) = (files.get_mut(index), self.settings.outputs.get(index))
            else {
                return Ok(written);
            };
            let kind = *kind;
            let master = Master {
                level,
                seed: self.settings.seed,
                kind,
                track: self.track,
                // What codecs do is the same for all of them.
                for_codecs: index == 0,
            };
            let from = from + share * index as f32;
            let share = (from, from + share);
            let done = finish::write(&mut self.audio, master, &mut **file, progress, share)?;
            match self.missed(&done, kind) {
                Some(missed) if corrections < MOST_CORRECTIONS => {
                    corrections += 1;
                    *level = self.correct(level.gain_db, &missed, progress)?;
                    written.clear();
                }
                _ => written.push(done),
            }
        }
    }

    fn missed(&self, written: &Written, kind: OutputKind) -> Option<Missed> {
        let found = &written.measured;
        let ceiling = self.target.ceiling_dbtp;
        // The figures of a part, or behind a codec, are not the master's.
        let peak = found.true_peak_dbtp.filter(|_| kind.is_whole());
        let over_db = peak.map_or(0.0, |peak| peak - ceiling);
        let short_lu = match (self.verdict, found.integrated_lufs) {
            (Verdict::Aimed, Some(loudness)) if kind.is_whole() => {
                self.target.integrated_lufs - loudness
            }
            _ => 0.0,
        };
        let codecs_db = if self.settings.target.codec_safe {
            let safe = codec::safe_ceiling(ceiling, &written.codecs, 0.0);
            ceiling - safe.max(LOWEST_FOR_CODECS_DBTP.min(ceiling))
        } else {
            0.0
        };
        let is_good = over_db <= PEAK_TOLERANCE_DB
            && short_lu.abs() <= LOUDNESS_TOLERANCE_LU
            && codecs_db <= CODEC_TOLERANCE_DB;
        (!is_good).then_some(Missed {
            over_db: over_db.max(0.0),
            short_lu,
            codecs_db,
        })
    }

    fn correct(
        &mut self,
        gain_db: f64,
        missed: &Missed,
        progress: &mut Progress<'_>,
    ) -> Result<Level> {
        self.target.ceiling_dbtp -= missed.codecs_db;
        self.goal.ceiling_dbtp -= missed.over_db + missed.codecs_db;
        self.goal.integrated_lufs += missed.short_lu;
        progress.enter(Stage::Limit, 0.5, 0.55)?;
        let loudness = self.loudness.filter(|_| self.verdict != Verdict::Silent);
        let Some(loudness) = loudness else {
            let lower_db = missed.over_db + missed.codecs_db;
            return Ok(level::plain(&self.levels, gain_db - lower_db));
        };
        self.search(loudness, progress)
    }

    fn search(&mut self, loudness: f64, progress: &mut Progress<'_>) -> Result<Level> {
        let start_db = self.goal.integrated_lufs - loudness;
        let channels = usize::from(self.track.info.channels);
        let (levels, audio) = (&mut self.levels, &mut self.audio);
        let found = level::find(levels, audio, channels, self.goal, start_db, progress)?;
        self.verdict = Verdict::of(found.outcome);
        Ok(found)
    }
}
