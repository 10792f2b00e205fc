//! What a caller asks of a preview: a master without a choice of files.

use uuid::Uuid;

use crate::masters::choice::{Format, Output};
use crate::masters::request::MasterRequest;
use crate::masters::wish::{shared, wish};

/// How much of the master a preview holds.
const SECONDS: u32 = 30;

wish! {
    /// What to make a preview of. The fields are those of a master.
    pub struct PreviewRequest {
        /// The track.
        pub track_id: Uuid,
    }
}

impl From<PreviewRequest> for MasterRequest {
    fn from(asked: PreviewRequest) -> Self {
        let loudest = Output {
            format: Format::Vorbis,
            excerpt_seconds: Some(SECONDS),
            ..Output::default()
        };
        shared!(asked => MasterRequest {
            track_id: asked.track_id,
            format: None,
            bits: None,
            outputs: Some(vec![loudest]),
        })
    }
}
