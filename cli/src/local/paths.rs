//! Where local work reads and writes: nothing that is read is written over, and a file has its name
//! only when it is whole.

use std::fs::File;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};

/// Files by what they are to the caller.
pub type Named<'a> = Vec<(&'a Path, &'static str)>;

/// Refuses what can be seen to be wrong before anything is done.
pub fn check(reads: Named<'_>, writes: Named<'_>) -> anyhow::Result<()> {
    let mut taken = Vec::new();
    for (path, name) in reads {
        let about = path
            .metadata()
            .with_context(|| path.display().to_string())?;
        ensure!(about.is_file(), "{}: not a file", path.display());
        taken.push((place_of(path)?, name));
    }
    for (path, name) in writes {
        let place = place_of(path)?;
        ensure!(!place.is_dir(), "{}: is a folder", path.display());
        if let Some((_, other)) = taken.iter().find(|(taken, _)| *taken == place) {
            bail!("{}: {name} would replace {other}", path.display());
        }
        taken.push((place, name));
    }
    Ok(())
}

/// The one place that a path means, however it is written; the file itself need not be there.
fn place_of(path: &Path) -> anyhow::Result<PathBuf> {
    if let Ok(place) = path.canonicalize() {
        return Ok(place);
    }
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    ensure!(folder.is_dir(), "{}: no such folder", folder.display());
    let name = path
        .file_name()
        .with_context(|| format!("{}: not a file's name", path.display()))?;
    Ok(folder.canonicalize()?.join(name))
}

/// Where a file is written before it gets its name.
pub fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

/// Whole or not at all under its name: written beside it first.
pub fn place(from: &Path, to: &Path) -> std::io::Result<()> {
    let part = part_of(to);
    let copied = File::open(from)
        .and_then(|mut from| std::io::copy(&mut from, &mut File::create(&part)?))
        .and_then(|_| std::fs::rename(&part, to));
    if copied.is_err() {
        // Best effort: the first error is the one to tell.
        let _ = std::fs::remove_file(&part);
    }
    copied
}
