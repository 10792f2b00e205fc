//! What a long run leaves for the next attempt, should it be killed: the audio behind a pass,
//! and everything that was found on the way.
//!
//! A pass over an hour of music takes so long that it is a pity to do it twice; one over a song
//! does not, and is cheaper than making its traces durable.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::store::Store;
use crate::{AudioError, Result, Workspace};

/// Tracks shorter than this are not kept, in seconds.
const WORTH_KEEPING_SECONDS: f64 = 600.0;
/// Version of what is kept: another one is not read.
const LAYOUT: u32 = 1;
/// What is found on a pass has this name after the audio's.
const FIGURES: &str = "figures";

/// Whether a track of so many seconds is worth it.
pub(crate) fn is_worth_keeping(seconds: f64) -> bool {
    seconds >= WORTH_KEEPING_SECONDS
}

/// Makes the audio of a pass, and what was found on it, durable under a name.
pub(crate) fn keep(
    workspace: &mut dyn Workspace,
    name: &str,
    audio: &mut Store,
    found: &impl Serialize,
) -> Result<()> {
    audio.flush()?;
    workspace.seal(name)?;
    let figures = format!("{name}-{FIGURES}");
    let mut space = workspace.scratch(&figures)?;
    let kept = (LAYOUT, env!("CARGO_PKG_VERSION"), audio.values(), found);
    rmp_serde::encode::write_named(&mut space, &kept)
        .map_err(|error| AudioError::Internal(format!("what was found cannot be kept: {error}")))?;
    space.flush()?;
    drop(space);
    // The figures come last: where they are, the audio is.
    workspace.seal(&figures)?;
    Ok(())
}

/// What an earlier attempt kept under a name; `None` where there is nothing, or nothing that
/// this version understands.
pub(crate) fn recall<T: DeserializeOwned>(
    workspace: &mut dyn Workspace,
    name: &str,
) -> Result<Option<(Store, T)>> {
    let Some(figures) = workspace.recall(&format!("{name}-{FIGURES}"))? else {
        return Ok(None);
    };
    let Some(audio) = workspace.recall(name)? else {
        return Ok(None);
    };
    let figures = std::io::BufReader::new(figures);
    // Whatever cannot be read is as good as missing: the pass is done again.
    let kept: Option<(u32, String, u64, T)> = rmp_serde::from_read(figures).ok();
    let current =
        |kept: &(u32, String, u64, T)| kept.0 == LAYOUT && kept.1 == env!("CARGO_PKG_VERSION");
    let Some((_, _, values, found)) = kept.filter(current) else {
        return Ok(None);
    };
    Ok(Store::recalled(audio, values)?.map(|audio| (audio, found)))
}
