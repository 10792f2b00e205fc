//! `master`: masters a local file through the platform's own queue and workers.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context;
use intake::{Dither, IdempotencyKey, Master, MasterRequest, Output};
use models::MasterId;
use models::masters::{self, Purpose};
use uuid::Uuid;

use crate::args::{MasterArgs, OutputArg};
use crate::local::{self, Local, figure, paths, refused, wish};

/// Masters `args.input` into every output.
pub async fn run(file: Option<&Path>, args: Box<MasterArgs>) -> anyhow::Result<ExitCode> {
    check(&args)?;
    local::run(file, async |local| master(local, &args).await).await
}

fn check(args: &MasterArgs) -> anyhow::Result<()> {
    let mut reads = vec![(args.input.as_path(), "its own track")];
    let references = args.wish.references.iter();
    reads.extend(references.map(|reference| (reference.path.as_path(), "its reference")));
    let outputs: Vec<_> = args.outputs.iter().map(|output| &output.path).collect();
    let parts: Vec<_> = outputs.iter().map(|path| paths::part_of(path)).collect();
    let mut writes = Vec::new();
    for (output, part) in outputs.iter().zip(&parts) {
        writes.push((output.as_path(), "the master"));
        writes.push((part.as_path(), "the unfinished master"));
    }
    writes.extend(args.report.as_deref().map(|path| (path, "the report")));
    writes.extend(args.page.as_deref().map(|path| (path, "the page")));
    paths::check(reads, writes)
}

async fn master(local: &Local, args: &MasterArgs) -> anyhow::Result<()> {
    let track = local.hand_in(&args.input).await?;
    let references = local.references(&args.wish).await?;
    let request = request(args, track, &references)?;
    let key = IdempotencyKey::none();
    let (asked, _) = intake::accept_master(&local.app, local.artist, key, request)
        .await
        .map_err(|problem| refused(&problem))?;
    let done = local.done(asked.job_id).await;
    done.with_context(|| args.input.display().to_string())?;
    collect(local, &asked, args).await
}

fn request(args: &MasterArgs, track: Uuid, references: &[Uuid]) -> anyhow::Result<MasterRequest> {
    let request = wish::request(&args.wish, track, references)?;
    // A single file is asked for by the short form, so that a refusal names the option as typed.
    Ok(match args.outputs.as_slice() {
        [only] if only.is_plain() => {
            let only = wanted(args, only);
            MasterRequest {
                format: Some(only.format),
                bits: only.bits,
                ..request
            }
        }
        outputs => MasterRequest {
            outputs: Some(outputs.iter().map(|output| wanted(args, output)).collect()),
            ..request
        },
    })
}

fn wanted(args: &MasterArgs, output: &OutputArg) -> Output {
    let format = wish::format(&args.wish, &output.path);
    Output {
        format,
        bits: wish::bits(&args.wish, format, output.bits),
        dither: if output.shaped {
            Dither::Shaped
        } else {
            Dither::Triangular
        },
        sample_rate_hz: output.rate,
        excerpt_seconds: output.excerpt,
    }
}

impl OutputArg {
    fn is_plain(&self) -> bool {
        self.rate.is_none() && !self.shaped && self.excerpt.is_none()
    }
}

/// Writes the master and the report, and says what was done.
async fn collect(local: &Local, asked: &Master, args: &MasterArgs) -> anyhow::Result<()> {
    let mut db = local.pool().get().await?;
    let result = masters::find(&mut db, local.artist, Purpose::Master, MasterId(asked.id))
        .await?
        .and_then(|found| found.master.result)
        .context("the job is done and left no master")?;
    drop(db);
    for (file, output) in result.files.iter().zip(&args.outputs) {
        local.collect(file, &output.path)?;
    }
    if let Some(path) = &args.report {
        let report = serde_json::to_vec_pretty(&result.report)?;
        std::fs::write(path, report).with_context(|| path.display().to_string())?;
    }
    let report: audio::Report = serde_json::from_value(result.report)?;
    if let Some(path) = &args.page {
        let title = args.input.file_stem().unwrap_or_default();
        let page = audio::page::render(&report, &title.to_string_lossy());
        std::fs::write(path, page).with_context(|| path.display().to_string())?;
    }
    for output in &args.outputs {
        say!("{}", output.path.display());
    }
    summary(&report);
    Ok(())
}

/// What was done, in a few lines.
pub fn summary(report: &audio::Report) {
    say!(
        "  loudness   {:>7} -> {:>7} LUFS  (target {} LUFS, {})",
        figure(report.before.integrated_lufs),
        figure(report.after.integrated_lufs),
        figure(Some(report.target.integrated_lufs)),
        report.target.name,
    );
    say!(
        "  true peak  {:>7} -> {:>7} dBTP  (ceiling {} dBTP)",
        figure(report.before.true_peak_dbtp),
        figure(report.after.true_peak_dbtp),
        figure(Some(report.target.ceiling_dbtp)),
    );
    if let Some(preset) = &report.preset {
        say!("  preset     {}", preset.title);
    }
    for choice in &report.choices {
        say!(
            "  chose      {}: {}. {}",
            choice.about,
            choice.choice,
            choice.reason
        );
    }
    for note in &report.notes {
        say!("  note: {} ({})", note.message, note.code);
    }
}
