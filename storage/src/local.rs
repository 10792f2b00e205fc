//! Making a finished file an object of a local folder, so that it appears whole or not at all.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::{Builder, TempPath};

use crate::error::StorageError;
use crate::key::Key;

/// Where copies from another file system are completed. No [`Key`] can name it.
pub(crate) const STAGING: &str = ".staging";
/// How often a folder may vanish between its creation and its use, because deleting the last
/// object of a folder removes the folder too.
const ATTEMPTS: u32 = 100;

/// The file of an object.
pub(crate) fn object_path(root: &Path, key: &Key) -> PathBuf {
    // Extending part by part keeps the folder separator the system's own.
    key.as_str()
        .split('/')
        .fold(root.to_owned(), |path, part| path.join(part))
}

/// Moves a file whose content is already on the disk under its name, durably.
pub(crate) fn publish(root: &Path, key: &Key, file: TempPath) -> Result<(), StorageError> {
    let target = object_path(root, key);
    let file = if same_file_system(&file, root)? {
        file
    } else {
        stage(root, &file)?
    };
    let mut attempt = 1;
    while let Err(error) = move_into_place(&file, &target) {
        // A folder that is removed while it is made is reported as "already there" or "not there".
        let vanished = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists
        );
        if !vanished || attempt == ATTEMPTS {
            return Err(error.into());
        }
        attempt += 1;
    }
    // The name is gone from where it was; there is nothing left to delete.
    file.keep()
        .map_err(|error| StorageError::Disk(error.error))?;
    sync_folders(root, &target)
}

fn move_into_place(file: &Path, target: &Path) -> io::Result<()> {
    if let Some(folder) = target.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::rename(file, target)
}

/// Makes every name on the way from the root to the object durable. A folder that another put
/// has just made may not be on the disk yet, so all of them are synced; a clean one costs nothing.
fn sync_folders(root: &Path, target: &Path) -> Result<(), StorageError> {
    for folder in target.ancestors().skip(1) {
        match File::open(folder).and_then(|folder| folder.sync_all()) {
            Ok(()) => {}
            // The object was deleted in the meantime, and its folder with it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
        if folder == root {
            break;
        }
    }
    Ok(())
}

/// Removes a folder and those in it as far as nothing is in them. Deleting the last object of a folder
/// does so too, unless the process dies in between.
pub(crate) fn remove_empty(folder: &Path) -> io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_empty(&entry.path())?;
        }
    }
    match std::fs::remove_dir(folder) {
        Err(error)
            if !matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::DirectoryNotEmpty
            ) =>
        {
            Err(error)
        }
        _ => Ok(()),
    }
}

/// Copies a file onto the objects' file system and makes the copy durable.
fn stage(root: &Path, file: &Path) -> Result<TempPath, StorageError> {
    let staging = root.join(STAGING);
    std::fs::create_dir_all(&staging)?;
    let mut copy = Builder::new().prefix("put-").tempfile_in(&staging)?;
    io::copy(&mut File::open(file)?, copy.as_file_mut())?;
    copy.as_file().sync_all()?;
    Ok(copy.into_temp_path())
}

#[cfg(unix)]
fn same_file_system(a: &Path, b: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    Ok(std::fs::metadata(a)?.dev() == std::fs::metadata(b)?.dev())
}

#[cfg(not(unix))]
fn same_file_system(_: &Path, _: &Path) -> io::Result<bool> {
    // Copying is always right, and only slower.
    Ok(false)
}
