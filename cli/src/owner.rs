//! The first owner's token: printed once, and kept where only the owner of the process can read it.

use std::fs::{OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::Context;
use models::accounts::{self, OWNER};
use models::tokens::Token;

use crate::platform::Platform;

/// Where the token is kept.
pub fn token_file(data_dir: &Path) -> PathBuf {
    data_dir.join("owner.token")
}

/// What a start finds of the first owner.
pub enum Owner {
    /// There was none: it was made, with this token.
    Made(Token),
    /// It was there.
    There,
    /// It was erased, and does not come back.
    Erased,
}

/// Makes the first owner where there is none, and writes its token to the file before the owner
/// is committed: a token that exists is never lost.
pub async fn ensure(platform: &Platform) -> anyhow::Result<Owner> {
    let now = platform.queue.now();
    let file = token_file(&platform.config.data.dir);
    if platform.queue.erasing_of(OWNER.uuid()).await?.is_some() {
        forget(&platform.config.data.dir)?;
        return Ok(Owner::Erased);
    }
    let token = platform
        .pool
        .tx(move |db| {
            Box::pin(async move {
                let token = accounts::ensure_owner(db, now).await?;
                if let Some(token) = &token {
                    write(&file, token)
                        .with_context(|| format!("the token can't be kept in {}", file.display()))
                        .map_err(Failed)?;
                }
                Ok::<_, Failed>(token)
            })
        })
        .await
        .map_err(|failed| failed.0)?;
    Ok(token.map_or(Owner::There, Owner::Made))
}

/// Removes the file, whose token speaks for nobody any more.
pub fn forget(data_dir: &Path) -> anyhow::Result<()> {
    let file = token_file(data_dir);
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("{} can't be removed", file.display()))
        }
        _ => Ok(()),
    }
}

/// Carries any cause out of the transaction.
struct Failed(anyhow::Error);

impl From<db::DbError> for Failed {
    fn from(error: db::DbError) -> Self {
        Self(error.into())
    }
}

fn write(file: &Path, token: &Token) -> anyhow::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)?;
    file.set_permissions(Permissions::from_mode(0o600))?;
    writeln!(file, "{}", token.expose())?;
    file.sync_all()?;
    Ok(())
}
