//! Makes the files of a master: the engine with what it takes, at work in a folder of the attempt's.

use std::io;
use std::path::{Path, PathBuf};

use audio::master::{self, Bits, Dither, OutputKind, Reference, Settings};
use audio::{Control, Destination, Limits, Report, Workspace};
use models::{ArtistId, settings as asked};
use queue::Fault;
use storage::Spooled;

use super::checked::Checked;
use super::results::MadeFile;
use super::settings;
use super::sources::Opened;
use crate::ending::Ending;
use crate::environment::Environment;

/// Everything but the track.
pub struct Making {
    /// What was asked, in the engine's words.
    pub settings: Settings,
    references: Vec<(Opened, f64)>,
    limits: Limits,
    folder: PathBuf,
}

impl Making {
    /// Reads what was asked, and fetches the tracks to go by.
    pub async fn prepare(
        environment: &Environment,
        artist: ArtistId,
        asked: &asked::Settings,
        folder: &Path,
    ) -> Result<Self, Ending> {
        let settings = settings::of(asked)
            .map_err(|broken| Fault::permanent("settings_not_usable", broken))?;
        let mut references = Vec::with_capacity(asked.references.len());
        for reference in &asked.references {
            let opened = Opened::fetch(environment, artist, reference.track_id, folder).await?;
            references.push((opened, reference.weight));
        }
        Ok(Self {
            settings,
            references,
            limits: environment.audio_limits,
            folder: folder.to_owned(),
        })
    }

    /// The folder for what is at work.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What a sound file may make us do.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Masters a track: its files in the order of the outputs, and the report.
    pub fn master(
        &self,
        track: &Opened,
        workspace: &mut dyn Workspace,
        control: &mut dyn Control,
    ) -> audio::Result<(Vec<Checked>, Report)> {
        let track = track.source(&self.limits)?;
        let references = self.references.iter();
        let references = references.map(|(opened, weight)| {
            let source = opened.source(&self.limits)?;
            let weight = *weight;
            Ok(Reference { source, weight })
        });
        let references = references.collect::<audio::Result<_>>()?;
        let outputs = self.settings.outputs.iter();
        let mut files = outputs
            .map(|_| Checked::new_in(&self.folder))
            .collect::<io::Result<Vec<_>>>()?;
        let mut destinations: Vec<&mut dyn Destination> = Vec::with_capacity(files.len());
        for file in &mut files {
            destinations.push(file);
        }
        let report = master::master(
            track,
            references,
            &self.settings,
            workspace,
            &mut destinations,
            control,
        )?;
        Ok((files, report))
    }

    /// The files of one master as they are kept, their names behind a `prefix`.
    pub fn named(&self, files: Vec<Checked>, prefix: &str) -> Result<Vec<MadeFile>, Ending> {
        let files = self.settings.outputs.iter().zip(files);
        files
            .map(|(kind, file)| {
                Ok(MadeFile {
                    name: format!("{prefix}{}", name(kind)),
                    format: kind.format.as_str(),
                    media_type: kind.format.media_type(),
                    bytes: Spooled::adopt(file.into_temp_path())?,
                })
            })
            .collect()
    }
}

/// The name of a file among those of its master. Two outputs have the same if, and only if, they
/// are the same: `master-16bit-shaped-44100hz.flac`, `master-30s.ogg`.
fn name(kind: &OutputKind) -> String {
    let bits = match kind.bits {
        _ if !kind.format.is_lossless() => "",
        Bits::B16 => "-16bit",
        Bits::B24 => "-24bit",
        Bits::F32 => "-float",
    };
    let dither = match kind.dither {
        Dither::Triangular => "",
        Dither::Shaped => "-shaped",
    };
    let rate = kind.sample_rate_hz.map(|rate| format!("-{rate}hz"));
    let excerpt = kind.excerpt_seconds.map(|seconds| format!("-{seconds}s"));
    let (rate, excerpt) = (rate.unwrap_or_default(), excerpt.unwrap_or_default());
    let ending = kind.format.extension();
    format!("master{bits}{dither}{rate}{excerpt}.{ending}")
}

/// A loudness or a peak as the job's story tells it.
pub fn figure(figure: Option<f64>) -> String {
    figure.map_or("-".to_owned(), |it| format!("{it:.1}"))
}

/// A master in a line, for the job's story.
pub fn said(report: &Report) -> String {
    let reached = if report.target_reached {
        ""
    } else {
        "; short of the target"
    };
    let (before, after) = (&report.before, &report.after);
    format!(
        "mastered from {} to {} LUFS, {} dBTP{reached}",
        figure(before.integrated_lufs),
        figure(after.integrated_lufs),
        figure(after.true_peak_dbtp),
    )
}

#[cfg(test)]
mod tests {
    use audio::master::Format;

    use super::*;

    #[test]
    fn a_files_name_tells_what_it_is() {
        let shaped = OutputKind {
            dither: Dither::Shaped,
            sample_rate_hz: Some(44_100),
            ..OutputKind::new(Format::Flac, Bits::B16)
        };
        assert_eq!(name(&shaped), "master-16bit-shaped-44100hz.flac");
        assert_eq!(name(&OutputKind::preview(30)), "master-30s.ogg");
        let float = OutputKind::new(Format::Wav, Bits::F32);
        assert_eq!(name(&float), "master-float.wav");
    }
}
