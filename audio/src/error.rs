//! Everything that can go wrong between the bytes of a track and the bytes of its master.

/// The one error of this crate. Every variant has a stable [`code`](AudioError::code).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AudioError {
    /// The bytes are a container or codec that is recognised but not decoded here.
    #[error("this audio format is not supported: {0}")]
    UnsupportedFormat(String),
    /// The bytes are not a sound file.
    #[error("this is not an audio file")]
    NotAudio,
    /// The file ends before the audio that its header promises.
    #[error("the file ends early, after {decoded} sample frames")]
    Truncated {
        /// Sample frames that the container promises, where it says.
        declared: Option<u64>,
        /// Sample frames that could be decoded.
        decoded: u64,
    },
    /// The file contradicts itself or its codec's rules.
    #[error("the file is damaged: {0}")]
    Corrupt(String),
    /// The audio is encrypted.
    #[error("the file is protected by DRM and cannot be read")]
    DrmProtected,
    /// A container without any audio in it.
    #[error("the file has no audio track")]
    NoAudioTrack,
    /// The audio is longer than [`Limits::max_duration_seconds`](crate::Limits::max_duration_seconds).
    #[error("the audio is longer than the limit of {limit_seconds} seconds")]
    TooLong {
        /// The limit that was passed, in seconds.
        limit_seconds: f64,
    },
    /// More channels than [`Limits::max_channels`](crate::Limits::max_channels), or than mastering takes.
    #[error("{channels} channels are more than the {limit} that this can take")]
    TooManyChannels {
        /// Channels of the file.
        channels: u16,
        /// The limit that was passed.
        limit: u16,
    },
    /// A sample rate outside what [`Limits`](crate::Limits) takes.
    #[error("a sample rate of {sample_rate_hz} Hz is not supported")]
    UnsupportedSampleRate {
        /// Sample rate of the file in hertz.
        sample_rate_hz: u32,
    },
    /// The file is well formed and holds no sample at all.
    #[error("the file holds no audio samples")]
    Empty,
    /// The settings contradict each other or are outside their ranges.
    #[error("the settings cannot be used: {0}")]
    InvalidSettings(String),
    /// [`Control::cancelled`](crate::Control::cancelled) said so.
    #[error("the work was cancelled")]
    Cancelled,
    /// Reading the source, the scratch space, or writing the result failed.
    #[error("input or output failed: {0}")]
    Io(#[from] std::io::Error),
    /// A fault of ours or of a library: the input is not to blame.
    #[error("internal fault: {0}")]
    Internal(String),
}

impl AudioError {
    /// A stable name for programs: it never changes once released.
    pub fn code(&self) -> &'static str {
        match self {
            Self::UnsupportedFormat(_) => "unsupported_format",
            Self::NotAudio => "not_audio",
            Self::Truncated { .. } => "truncated",
            Self::Corrupt(_) => "corrupt",
            Self::DrmProtected => "drm_protected",
            Self::NoAudioTrack => "no_audio_track",
            Self::TooLong { .. } => "too_long",
            Self::TooManyChannels { .. } => "too_many_channels",
            Self::UnsupportedSampleRate { .. } => "unsupported_sample_rate",
            Self::Empty => "empty",
            Self::InvalidSettings(_) => "invalid_settings",
            Self::Cancelled => "cancelled",
            Self::Io(_) => "io",
            Self::Internal(_) => "internal",
        }
    }

    /// Whether the input itself is at fault, so that trying again cannot help.
    pub fn is_input_fault(&self) -> bool {
        !matches!(self, Self::Cancelled | Self::Io(_) | Self::Internal(_))
    }
}

/// The crate's result.
pub type Result<T> = std::result::Result<T, AudioError>;
