//! `album`: masters local files that belong together, through the platform's own queue and workers.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use intake::{Album, AlbumRequest, Format, IdempotencyKey, MasterRequest};
use models::{AlbumId, albums};
use uuid::Uuid;
use workers::AlbumReport;

use super::master::summary;
use crate::args::AlbumArgs;
use crate::local::{self, Local, figure, paths, refused, wish};

/// Masters all of `args.inputs` into the folder.
pub async fn run(file: Option<&Path>, args: Box<AlbumArgs>) -> anyhow::Result<ExitCode> {
    ensure!(
        args.output_dir.is_dir(),
        "{}: no such folder",
        args.output_dir.display()
    );
    let outputs = check(&args)?;
    local::run(file, async |local| album(local, &args, &outputs).await).await
}

/// The masters' paths, if nothing that is read would be written over.
fn check(args: &AlbumArgs) -> anyhow::Result<Vec<PathBuf>> {
    let ending = match format(args) {
        Format::Wav => "wav",
        Format::Flac => "flac",
        Format::Vorbis => "ogg",
    };
    let inputs = args.inputs.iter();
    let mut reads: Vec<_> = inputs
        .clone()
        .map(|path| (path.as_path(), "a track"))
        .collect();
    let references = args.wish.references.iter();
    reads.extend(references.map(|reference| (reference.path.as_path(), "its reference")));
    let outputs = inputs.map(|path| {
        let mut name = path.file_stem().unwrap_or_default().to_owned();
        name.push(format!(".{ending}"));
        args.output_dir.join(name)
    });
    let outputs: Vec<_> = outputs.collect();
    let parts: Vec<_> = outputs.iter().map(|path| paths::part_of(path)).collect();
    let mut writes = Vec::new();
    for (output, part) in outputs.iter().zip(&parts) {
        writes.push((output.as_path(), "a master"));
        writes.push((part.as_path(), "an unfinished master"));
    }
    writes.extend(args.report.as_deref().map(|path| (path, "the report")));
    paths::check(reads, writes)?;
    Ok(outputs)
}

fn format(args: &AlbumArgs) -> Format {
    wish::format(&args.wish, Path::new(""))
}

async fn album(local: &Local, args: &AlbumArgs, outputs: &[PathBuf]) -> anyhow::Result<()> {
    let mut tracks = Vec::with_capacity(args.inputs.len());
    for input in &args.inputs {
        tracks.push(local.hand_in(input).await?);
    }
    let references = local.references(&args.wish).await?;
    let format = format(args);
    let each = MasterRequest {
        format: Some(format),
        bits: wish::bits(&args.wish, format, None),
        ..wish::request(&args.wish, Uuid::nil(), &references)?
    };
    let request = AlbumRequest::of(tracks, each);
    let key = IdempotencyKey::none();
    let (asked, _) = intake::accept_album(&local.app, local.artist, key, request)
        .await
        .map_err(|problem| refused(&problem))?;
    local.done(asked.job_id).await?;
    collect(local, &asked, args, outputs).await
}

/// Writes the masters and the report, and says what was done.
async fn collect(
    local: &Local,
    asked: &Album,
    args: &AlbumArgs,
    outputs: &[PathBuf],
) -> anyhow::Result<()> {
    let mut db = local.pool().get().await?;
    let result = albums::find(&mut db, local.artist, AlbumId(asked.id))
        .await?
        .and_then(|album| album.result)
        .context("the job is done and left no album")?;
    drop(db);
    for (file, output) in result.files.iter().zip(outputs) {
        local.collect(file, output)?;
    }
    if let Some(path) = &args.report {
        let report = serde_json::to_vec_pretty(&result.report)?;
        std::fs::write(path, report).with_context(|| path.display().to_string())?;
    }
    let report: AlbumReport = serde_json::from_value(result.report)?;
    for (output, report) in outputs.iter().zip(&report.tracks) {
        say!("{}", output.display());
        summary(report);
    }
    say!(
        "in all       {:>7} -> {:>7} LUFS",
        figure(report.integrated_lufs_before),
        figure(report.integrated_lufs),
    );
    if report.lowered_lu > 0.0 {
        say!(
            "  all tracks are {:.1} LU lower than asked for, so that each keeps its place",
            report.lowered_lu
        );
    }
    Ok(())
}
