//! The forms of audio that are taken.

/// A container together with its codec, where the container alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// RIFF WAVE with PCM or floating-point samples.
    Wav,
    /// RF64 or BW64: WAVE beyond 4 GiB.
    Rf64,
    /// Sony Wave64.
    Wave64,
    /// AIFF or AIFF-C with PCM or floating-point samples.
    Aiff,
    /// Native FLAC.
    Flac,
    /// MPEG-1, -2 or -2.5 layer III.
    Mp3,
    /// AAC-LC in ADTS frames.
    Aac,
    /// AAC-LC in MPEG-4.
    M4aAac,
    /// Apple Lossless in MPEG-4.
    Alac,
    /// FLAC in MPEG-4.
    Mp4Flac,
    /// Vorbis in Ogg.
    OggVorbis,
    /// Opus in Ogg.
    Opus,
    /// FLAC in Ogg.
    OggFlac,
    /// Apple's Core Audio Format.
    Caf,
    /// Matroska or `WebM` with an audio track.
    Matroska,
}

impl Format {
    /// The media type for HTTP.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Wav | Self::Rf64 => "audio/wav",
            Self::Wave64 => "audio/x-w64",
            Self::Aiff => "audio/aiff",
            Self::Flac => "audio/flac",
            Self::Mp3 => "audio/mpeg",
            Self::Aac => "audio/aac",
            Self::M4aAac | Self::Alac | Self::Mp4Flac => "audio/mp4",
            Self::OggVorbis | Self::Opus | Self::OggFlac => "audio/ogg",
            Self::Caf => "audio/x-caf",
            Self::Matroska => "audio/matroska",
        }
    }

    /// The usual file extension, without a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Wav | Self::Rf64 => "wav",
            Self::Wave64 => "w64",
            Self::Aiff => "aiff",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
            Self::M4aAac | Self::Alac | Self::Mp4Flac => "m4a",
            Self::OggVorbis => "ogg",
            Self::Opus => "opus",
            Self::OggFlac => "oga",
            Self::Caf => "caf",
            Self::Matroska => "mka",
        }
    }

    /// The stable name for the database and the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Wav => "wav",
            Self::Rf64 => "rf64",
            Self::Wave64 => "w64",
            Self::Aiff => "aiff",
            Self::Flac => "flac",
            Self::Mp3 => "mp3",
            Self::Aac => "aac",
            Self::M4aAac => "m4a_aac",
            Self::Alac => "alac",
            Self::Mp4Flac => "mp4_flac",
            Self::OggVorbis => "ogg_vorbis",
            Self::Opus => "opus",
            Self::OggFlac => "ogg_flac",
            Self::Caf => "caf",
            Self::Matroska => "matroska",
        }
    }
}
