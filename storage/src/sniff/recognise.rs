//! The one question: what is this file, and may it come in?

use std::io::{Read, Seek};

use super::error::SniffError;
use super::format::Format;
use super::limits::SniffLimits;
use super::source::Source;
use super::{
    adts, aiff, caf, flac, foreign, id3, matroska, mp3, mp4, ogg, riff, unsupported, wave64,
};

/// No codec that is taken packs more samples of a channel into one byte (a FLAC frame of
/// silence holds 65,535 in 11 bytes), so a file that claims more lies about its length.
const MOST_FRAMES_PER_BYTE: u64 = 8_192;

/// What a file is, by its own headers, after they were held against its real size.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    /// Container and codec.
    pub format: Format,
    /// The media type for HTTP.
    pub media_type: &'static str,
    /// The usual file extension, without a dot.
    pub extension: &'static str,
    /// Samples a second of one channel.
    pub sample_rate_hz: u32,
    /// Number of channels.
    pub channels: u16,
    /// Bits of a sample, where the codec has such a thing.
    pub bits: Option<u16>,
    /// Duration in seconds; an estimate for MP3 and ADTS files without an index; unknown for
    /// some streamed files.
    pub duration_seconds: Option<f64>,
    /// Samples of one channel, where the file says so.
    pub frames: Option<u64>,
}

/// What a parser found; [`recognise`] holds it against the limits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) format: Format,
    pub(super) rate: u32,
    pub(super) channels: u16,
    pub(super) bits: Option<u16>,
    pub(super) frames: Option<u64>,
    /// For formats that know their time better than their samples.
    pub(super) seconds: Option<f64>,
}

/// Recognises a file of `size_bytes`. Reads headers and the file's end, never the whole, and
/// blocks while it reads: call it off the async threads.
///
/// Any bytes give an answer: there is no panic, no allocation by a declared length, and no loop
/// that a file can make long.
pub fn recognise<R: Read + Seek>(
    reader: R,
    size_bytes: u64,
    limits: &SniffLimits,
) -> Result<Recognised, SniffError> {
    if size_bytes == 0 {
        return Err(SniffError::EmptyFile);
    }
    let mut source = Source::new(reader, size_bytes);
    let found = parse(&mut source)?;
    check(&found, size_bytes, limits)
}

/// Chooses the parser by the first bytes.
fn parse<R: Read + Seek>(source: &mut Source<R>) -> Result<Found, SniffError> {
    let head = source.upto(0, 64)?.to_vec();
    let at = |place: usize, word: &[u8]| head.get(place..).is_some_and(|h| h.starts_with(word));
    if (at(0, b"RIFF") || at(0, b"RF64") || at(0, b"BW64")) && at(8, b"WAVE") {
        return riff::parse(source);
    }
    if at(0, wave64::RIFF) {
        return wave64::parse(source);
    }
    if at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")) {
        return aiff::parse(source);
    }
    if at(0, b"OggS") {
        return ogg::parse(source);
    }
    if at(0, b"caff") {
        return caf::parse(source);
    }
    if at(0, &[0x1a, 0x45, 0xdf, 0xa3]) {
        return matroska::parse(source);
    }
    if at(4, b"ftyp") || at(4, b"moov") || at(4, b"mdat") || at(4, b"wide") {
        return mp4::parse(source);
    }
    if let Some(name) = unsupported::name(&head) {
        return Err(SniffError::unsupported(name));
    }
    let start = id3::skip(source)?;
    if source.upto(start, 4)?.starts_with(b"fLaC") {
        return flac::parse(source, start);
    }
    // Sync words are weak evidence, so what has a real signature is named first.
    if start == 0
        && let Some(looks_like) = foreign::signature(source)?
    {
        return Err(SniffError::NotAudio { looks_like });
    }
    if let Some(found) = adts::parse(source, start)? {
        return Ok(found);
    }
    if let Some(found) = mp3::parse(source, start)? {
        return Ok(found);
    }
    Err(SniffError::NotAudio {
        looks_like: foreign::guess(source)?,
    })
}

/// Holds what was found against reason and the limits.
fn check(found: &Found, size: u64, limits: &SniffLimits) -> Result<Recognised, SniffError> {
    if found.channels == 0 || found.rate == 0 {
        return Err(SniffError::corrupt("it has no channels or no sample rate"));
    }
    if found.channels > limits.max_channels {
        let (channels, limit) = (found.channels, limits.max_channels);
        return Err(SniffError::TooManyChannels { channels, limit });
    }
    let (lowest, highest) = (limits.lowest_rate_hz, limits.highest_rate_hz);
    if !(lowest..=highest).contains(&found.rate) {
        return Err(SniffError::SampleRateOutOfRange {
            hz: found.rate,
            lowest,
            highest,
        });
    }
    let rate = f64::from(found.rate);
    let seconds = found
        .seconds
        .or(found.frames.map(|frames| frames as f64 / rate));
    if found.frames == Some(0) {
        return Err(SniffError::NoAudioTrack);
    }
    if seconds.is_some_and(|s| !s.is_finite() || s < 0.0) {
        return Err(SniffError::corrupt("its duration makes no sense"));
    }
    let most = size.saturating_mul(MOST_FRAMES_PER_BYTE);
    if found.frames.is_some_and(|frames| frames > most)
        || seconds.is_some_and(|seconds| seconds * rate > most as f64)
    {
        return Err(SniffError::corrupt(
            "it claims more sound than its bytes can hold",
        ));
    }
    if let Some(seconds) = seconds.filter(|seconds| *seconds > limits.max_duration_seconds) {
        let limit_seconds = limits.max_duration_seconds;
        return Err(SniffError::TooLong {
            seconds,
            limit_seconds,
        });
    }
    Ok(Recognised {
        format: found.format,
        media_type: found.format.media_type(),
        extension: found.format.extension(),
        sample_rate_hz: found.rate,
        channels: found.channels,
        bits: found.bits,
        duration_seconds: seconds,
        frames: found.frames,
    })
}
