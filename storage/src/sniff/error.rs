//! Why a file is not taken.

/// What is wrong with a file, said so that its owner can act on it.
#[derive(Debug, thiserror::Error)]
pub enum SniffError {
    /// There are no bytes.
    #[error("the file is empty")]
    EmptyFile,
    /// The bytes are something else.
    #[error("this is not audio; it looks like {looks_like}")]
    NotAudio {
        /// What it looks like, with its article.
        looks_like: String,
    },
    /// Audio in a form that the platform does not decode.
    #[error("{what} is not supported; send WAV, AIFF, FLAC, ALAC, MP3, AAC, Ogg Vorbis or Opus")]
    UnsupportedAudio {
        /// The form's name.
        what: String,
    },
    /// The file says that it is longer than it is.
    #[error("the file is cut off: {what}")]
    Truncated {
        /// What is missing.
        what: String,
    },
    /// The audio is encrypted by its seller.
    #[error("the file is protected against copying (DRM); send one without protection")]
    DrmProtected,
    /// The file contradicts itself.
    #[error("the file is damaged: {what}")]
    Corrupt {
        /// The contradiction.
        what: String,
    },
    /// More time than is allowed.
    #[error("the track lasts {seconds:.0} s, more than the allowed {limit_seconds:.0} s")]
    TooLong {
        /// The declared duration in seconds.
        seconds: f64,
        /// The allowed duration in seconds.
        limit_seconds: f64,
    },
    /// More channels than are allowed.
    #[error("the track has {channels} channels, more than the allowed {limit}")]
    TooManyChannels {
        /// The file's channels.
        channels: u16,
        /// The allowed channels.
        limit: u16,
    },
    /// A sample rate that is not allowed.
    #[error("the sample rate of {hz} Hz is not in the allowed {lowest} to {highest} Hz")]
    SampleRateOutOfRange {
        /// The file's rate in Hz.
        hz: u32,
        /// The lowest allowed rate in Hz.
        lowest: u32,
        /// The highest allowed rate in Hz.
        highest: u32,
    },
    /// A container without sound in it.
    #[error("the file holds no sound")]
    NoAudioTrack,
    /// The file can't be read from its disk.
    #[error("the file can't be read: {0}")]
    Unreadable(#[source] std::io::Error),
}

impl SniffError {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::EmptyFile => "empty_file",
            Self::NotAudio { .. } => "not_audio",
            Self::UnsupportedAudio { .. } => "unsupported_audio",
            Self::Truncated { .. } => "truncated",
            Self::DrmProtected => "drm_protected",
            Self::Corrupt { .. } => "corrupt",
            Self::TooLong { .. } => "too_long",
            Self::TooManyChannels { .. } => "too_many_channels",
            Self::SampleRateOutOfRange { .. } => "sample_rate_out_of_range",
            Self::NoAudioTrack => "no_audio_track",
            Self::Unreadable(_) => "unreadable",
        }
    }

    pub(super) fn corrupt(what: impl Into<String>) -> Self {
        Self::Corrupt { what: what.into() }
    }

    pub(super) fn truncated(what: impl Into<String>) -> Self {
        Self::Truncated { what: what.into() }
    }

    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::UnsupportedAudio { what: what.into() }
    }
}
