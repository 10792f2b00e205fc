//! Tracks of an artist's, opened for decoding.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;

use audio::{Limits, Source};
use models::{ArtistId, TrackId, tracks};
use queue::Fault;
use storage::Key;

use crate::ending::Ending;
use crate::environment::Environment;

const BUFFER_BYTES: usize = 1 << 18;

/// A track's bytes, at hand.
pub struct Opened {
    file: File,
    extension: String,
}

impl Opened {
    /// Fetches the artist's own track, into `folder` where objects are not local.
    pub async fn fetch(
        environment: &Environment,
        artist: ArtistId,
        id: TrackId,
        folder: &Path,
    ) -> Result<Self, Ending> {
        let row = {
            let mut db = environment.pool.get().await?;
            tracks::find(&mut db, artist, id).await?
        };
        let row = row.ok_or_else(|| Fault::permanent("track_gone", "the track was removed"))?;
        let file = environment.open(&Key::new(row.object_key)?, folder).await?;
        Ok(Self {
            file,
            extension: row.extension,
        })
    }

    /// Reads the header. It decodes: call it off the async threads. The sources of one value share
    /// their place in the file: there may be several, one after the other.
    pub fn source(&self, limits: &Limits) -> audio::Result<Source> {
        let mut file = self.file.try_clone()?;
        file.rewind()?;
        let file = BufReader::with_capacity(BUFFER_BYTES, file);
        Source::open(Box::new(file), Some(&self.extension), limits)
    }
}
