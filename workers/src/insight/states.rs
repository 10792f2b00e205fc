//! States of a training, kept for the attempt that goes on should this one die.

use std::io::{self, Read, Write};
use std::path::Path;

use audio::Workspace;
use queue::{Context, LogLevel};

use crate::studio::kept::Kept;

/// States in the job's working folder, each under a name.
pub struct States {
    kept: Kept,
    context: Context,
}

impl States {
    /// Those in the working folder of this job.
    pub fn open(folder: &Path, context: Context) -> io::Result<Self> {
        Ok(Self {
            kept: Kept::open(folder.to_owned())?,
            context,
        })
    }

    /// What an earlier attempt kept, as `read` reads it. What can't be read is as good as nothing: the
    /// run begins anew.
    pub fn recall<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(Vec<u8>) -> Option<T>,
    ) -> io::Result<Option<T>> {
        let Some(mut file) = self.kept.recall(name)? else {
            return Ok(None);
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let state = read(bytes);
        let line = match &state {
            Some(_) => "going on behind an earlier attempt",
            None => "what an earlier attempt kept can't be read",
        };
        self.context.log(LogLevel::Info, line);
        Ok(state)
    }

    /// Keeps a state in the place of the one before. One that can't be kept costs time should this
    /// attempt die, and nothing else.
    pub fn keep<B: AsRef<[u8]>>(&mut self, name: &str, state: ml::Result<B>) {
        if let Err(error) = state.and_then(|state| self.seal(name, state.as_ref())) {
            tracing::warn!(%error, "the state of a training was not kept");
        }
    }

    fn seal(&mut self, name: &str, state: &[u8]) -> ml::Result<()> {
        self.kept.scratch(name)?.write_all(state)?;
        Ok(self.kept.seal(name)?)
    }
}
