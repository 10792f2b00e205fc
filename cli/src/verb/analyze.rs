//! `analyze`: what is found in a local file.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, anyhow, ensure};
use audio::analysis::Pictures;
use audio::analysis::peaks::{PeakBits, Peaks};
use audio::{AudioError, Limits, Source, Unwatched};
use workers::Findings;

use crate::args::AnalyzeArgs;

/// Prints what was found, and writes the pictures that were asked for.
pub fn run(args: &AnalyzeArgs) -> anyhow::Result<ExitCode> {
    for path in [&args.peaks, &args.spectrogram].into_iter().flatten() {
        let own = path.canonicalize().ok() == args.file.canonicalize().ok();
        ensure!(
            !(own && path.exists()),
            "{}: would replace its own track",
            path.display()
        );
    }
    let (findings, pictures) = found(&args.file)
        .map_err(|error| anyhow!("{}: {error} ({})", args.file.display(), error.code()))?;
    let pictures = pictures.context("nothing was drawn")?;
    draw(args, &pictures)?;
    if args.json {
        say!("{}", serde_json::to_string(&findings)?);
    } else {
        block(&args.file, &findings);
    }
    Ok(ExitCode::SUCCESS)
}

fn found(file: &Path) -> Result<(Findings, Option<Pictures>), AudioError> {
    let bytes = BufReader::new(File::open(file)?);
    let extension = file.extension().and_then(|extension| extension.to_str());
    let source = Source::open(Box::new(bytes), extension, &Limits::default())?;
    workers::find(source, &mut Unwatched)
}

fn draw(args: &AnalyzeArgs, pictures: &Pictures) -> anyhow::Result<()> {
    if let Some(path) = &args.peaks {
        let bytes = peaks(path, &pictures.peaks).context("the track has no waveform")?;
        std::fs::write(path, bytes).with_context(|| path.display().to_string())?;
    }
    if let Some(path) = &args.spectrogram {
        let bytes = pictures.spectrogram.png()?;
        std::fs::write(path, bytes).with_context(|| path.display().to_string())?;
    }
    Ok(())
}

/// The finest zoom.
fn peaks(path: &Path, peaks: &Peaks) -> Option<Vec<u8>> {
    let finest = peaks.zooms.first()?;
    let extension = path.extension();
    let json = extension.is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    Some(if json {
        peaks.json(finest, PeakBits::Eight).to_string().into()
    } else {
        peaks.dat(finest, PeakBits::Eight)
    })
}

fn block(file: &Path, findings: &Findings) {
    let (input, measured) = (&findings.input, &findings.measurement);
    let analysis = &findings.analysis;
    let show = |name: &str, value: Option<f64>, unit: &str| match value {
        Some(value) => say!("  {name:20} {value:8.2} {unit}"),
        None => say!("  {name:20} {:>8} {unit}", "–"),
    };
    say!("{}", file.display());
    say!(
        "  {}, {} Hz, {} channels, {:.2} s",
        input.codec,
        input.sample_rate_hz,
        input.channels,
        measured.duration_seconds
    );
    show("integrated loudness", measured.integrated_lufs, "LUFS");
    show("loudness range", measured.lra_lu, "LU");
    show("true peak", measured.true_peak_dbtp, "dBTP");
    match &analysis.key {
        Some(key) => say!(
            "  {:20} {:>8} {:.0} % sure, tuned to {:.1} Hz",
            "key",
            key.name,
            key.confidence * 100.0,
            key.tuning_hz
        ),
        None => show("key", None, ""),
    }
    match &analysis.tempo {
        Some(tempo) => say!(
            "  {:20} {:8.1} bpm, {:.0} % sure",
            "tempo",
            tempo.bpm,
            tempo.confidence * 100.0
        ),
        None => show("tempo", None, "bpm"),
    }
    if let Some(image) = &analysis.image {
        show("correlation", image.correlation, "");
    }
    for fault in &findings.faults {
        say!("  fault: {} ({})", fault.message, fault.code);
        for span in fault.spans.iter().take(MOST_SPANS) {
            say!("    {:.2} to {:.2} s", span.start_seconds, span.end_seconds);
        }
        if fault.spans.len() > MOST_SPANS {
            say!("    and {} more places", fault.spans.len() - MOST_SPANS);
        }
    }
}

/// Most places of a fault that are printed; JSON has them all.
const MOST_SPANS: usize = 10;
