//! `bench master`: measures the sound engine on whole files, without the platform around it.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Instant;

use anyhow::Context as _;
use audio::master::{Bits, Format, Loudness, OutputKind, Settings, Shaping, Target, Tone};
use audio::{Limits, Preset, Scratch, Source, Unwatched};
use bench::usage;
use serde::Serialize;
use workers::Checked;

use crate::args::MasterBenchArgs;

/// What one piece of work took on one file.
#[derive(Debug, Serialize)]
struct Row {
    file: String,
    /// `measure` or `master`.
    work: &'static str,
    /// Length of the track.
    seconds: f64,
    cpu_seconds: f64,
    wall_seconds: f64,
    /// Seconds of sound for a second of processor time.
    times_real_time: f64,
    peak_mib: f64,
    integrated_lufs: Option<f64>,
    true_peak_dbtp: Option<f64>,
}

/// Measures and masters every file and prints what each took.
pub fn run(args: &MasterBenchArgs) -> anyhow::Result<()> {
    let settings = settings(args)?;
    if !args.json {
        say!("{}", bench::machine());
        say!(
            "{:9} {:>8} {:>8} {:>10} {:>9} {:>7} {:>7}  file",
            "work",
            "CPU s",
            "wall s",
            "x realtime",
            "peak MiB",
            "LUFS",
            "dBTP"
        );
    }
    for file in &args.files {
        let rounds = |work: &dyn Fn() -> anyhow::Result<Row>| -> anyhow::Result<Row> {
            let mut best = work()?;
            for _ in 1..args.rounds {
                let next = work()?;
                if next.cpu_seconds < best.cpu_seconds {
                    best = next;
                }
            }
            Ok(best)
        };
        print(&rounds(&|| measure(file))?, args.json)?;
        print(&rounds(&|| master(file, &settings))?, args.json)?;
    }
    Ok(())
}

fn settings(args: &MasterBenchArgs) -> anyhow::Result<Settings> {
    Ok(Settings {
        target: Target {
            name: "bench".to_owned(),
            loudness: Loudness::Lufs(args.lufs),
            ceiling_dbtp: args.ceiling,
            codec_safe: false,
        },
        shaping: Shaping::Preset(Box::new(Preset::built_in(&args.preset)?)),
        tone: Tone::default(),
        outputs: vec![OutputKind::new(Format::Wav, Bits::B24)],
        album: None,
        seed: 0,
    })
}

fn measure(path: &Path) -> anyhow::Result<Row> {
    let source = open(path)?;
    timed(path, "measure", || {
        Ok(audio::measure(source, &mut Unwatched)?.1)
    })
}

fn master(path: &Path, settings: &Settings) -> anyhow::Result<Row> {
    let folder = tempfile::tempdir().context("no temporary folder can be made")?;
    let source = open(path)?;
    timed(path, "master", || {
        let mut file = Checked::new_in(folder.path())?;
        let mut scratch = || -> io::Result<Box<dyn Scratch>> {
            Ok(Box::new(tempfile::tempfile_in(folder.path())?))
        };
        let report = audio::master::master(
            source,
            Vec::new(),
            settings,
            &mut scratch,
            &mut [&mut file],
            &mut Unwatched,
        )?;
        Ok(report.after)
    })
}

fn open(path: &Path) -> anyhow::Result<Source> {
    let named = || path.display().to_string();
    let file = File::open(path).with_context(named)?;
    let extension = path.extension().and_then(|extension| extension.to_str());
    Source::open(
        Box::new(io::BufReader::new(file)),
        extension,
        &Limits::default(),
    )
    .with_context(named)
}

fn timed(
    path: &Path,
    work: &'static str,
    body: impl FnOnce() -> anyhow::Result<audio::Measurement>,
) -> anyhow::Result<Row> {
    usage::forget_peak()?;
    let (cpu, wall) = (usage::cpu_seconds()?, Instant::now());
    let measured = body().with_context(|| path.display().to_string())?;
    let cpu_seconds = usage::cpu_seconds()? - cpu;
    Ok(Row {
        file: path.display().to_string(),
        work,
        seconds: measured.duration_seconds,
        cpu_seconds,
        wall_seconds: wall.elapsed().as_secs_f64(),
        times_real_time: measured.duration_seconds / cpu_seconds.max(0.01),
        peak_mib: usage::peak_mib()?,
        integrated_lufs: measured.integrated_lufs,
        true_peak_dbtp: measured.true_peak_dbtp,
    })
}

fn print(row: &Row, json: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", serde_json::to_string(row)?);
        return Ok(());
    }
    let figure = |figure: Option<f64>| figure.map_or("–".to_owned(), |it| format!("{it:.2}"));
    say!(
        "{:9} {:>8.2} {:>8.2} {:>10.0} {:>9.0} {:>7} {:>7}  {}",
        row.work,
        row.cpu_seconds,
        row.wall_seconds,
        row.times_real_time,
        row.peak_mib,
        figure(row.integrated_lufs),
        figure(row.true_peak_dbtp),
        row.file
    );
    Ok(())
}
