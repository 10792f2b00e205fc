//! `measure`: loudness and peaks of local files.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use audio::{AudioError, Limits, Measurement, Source, SourceInfo, Unwatched};
use serde_json::json;

use crate::args::MeasureArgs;

/// Prints a line or a block a file. A file that can't be measured is told of on standard error,
/// the others are measured all the same, and the process fails in the end.
pub fn run(args: &MeasureArgs) -> ExitCode {
    let mut code = ExitCode::SUCCESS;
    for file in &args.files {
        match measure(file) {
            Ok((info, measured)) if args.json => say!("{}", line(file, &info, &measured)),
            Ok((info, measured)) => block(file, &info, &measured),
            Err(error) => {
                eprintln!("maxbooster: {}: {error} ({})", file.display(), error.code());
                code = ExitCode::FAILURE;
            }
        }
    }
    code
}

fn measure(file: &PathBuf) -> Result<(SourceInfo, Measurement), AudioError> {
    let bytes = BufReader::new(File::open(file)?);
    let extension = file.extension().and_then(|extension| extension.to_str());
    let source = Source::open(Box::new(bytes), extension, &Limits::default())?;
    audio::measure(source, &mut Unwatched)
}

fn line(file: &Path, info: &SourceInfo, measured: &Measurement) -> String {
    json!({
        "file": file.display().to_string(),
        "sample_rate": info.sample_rate_hz,
        "channels": info.channels,
        "duration_seconds": measured.duration_seconds,
        "integrated_lufs": measured.integrated_lufs,
        "lra_lu": measured.lra_lu,
        "max_momentary_lufs": measured.max_momentary_lufs,
        "max_short_term_lufs": measured.max_short_term_lufs,
        "true_peak_dbtp": measured.true_peak_dbtp,
        "sample_peak_dbfs": measured.sample_peak_dbfs,
    })
    .to_string()
}

fn block(file: &Path, info: &SourceInfo, measured: &Measurement) {
    let show = |name: &str, value: Option<f64>, unit: &str| match value {
        Some(value) => say!("  {name:20} {value:8.2} {unit}"),
        None => say!("  {name:20} {:>8} {unit}", "–"),
    };
    say!("{}", file.display());
    say!(
        "  {}, {} Hz, {} channels, {:.2} s",
        info.codec,
        info.sample_rate_hz,
        info.channels,
        measured.duration_seconds
    );
    show("integrated loudness", measured.integrated_lufs, "LUFS");
    show("loudness range", measured.lra_lu, "LU");
    show("loudest momentary", measured.max_momentary_lufs, "LUFS");
    show("loudest short-term", measured.max_short_term_lufs, "LUFS");
    show("true peak", measured.true_peak_dbtp, "dBTP");
    show("sample peak", measured.sample_peak_dbfs, "dBFS");
}
