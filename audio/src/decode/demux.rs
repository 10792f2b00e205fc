//! The container and its first audio track: packets in, samples out.

use symphonia::core::audio::Channels;
use symphonia::core::codecs::CodecParameters;
use symphonia::core::codecs::audio::well_known::{CODEC_ID_OPUS, CODEC_ID_VORBIS};
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::common::Limit;
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, TrackType};
use symphonia::core::io::{MediaSourceStream, MediaSourceStreamOptions};
use symphonia::core::meta::MetadataOptions;

use super::encoding::Encoding;
use super::opus::{self, OpusStream};
use super::pcm::{Layout, Pcm};
use super::speaker::Speaker;
use super::stream::{Bytes, Facts};
use super::tags::{Tags, itunes_gapless};
use super::{mp4, sniff, vorbis};
use crate::{AudioError, Limits, ReadSeek, Result};

/// Sample rate and channels, known for sure once a packet is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    pub sample_rate_hz: u32,
    pub channels: u16,
}

enum Codec {
    Symphonia(Box<dyn AudioDecoder>),
    Opus(Box<OpusStream>),
}

impl Codec {
    fn name(&self) -> &'static str {
        match self {
            Self::Symphonia(decoder) => decoder.codec_info().short_name,
            Self::Opus(_) => "opus",
        }
    }

    /// Sample frames to drop from the start that the codec's own header states.
    fn pre_skip(&self) -> u64 {
        match self {
            Self::Symphonia(_) => 0,
            Self::Opus(stream) => stream.pre_skip(),
        }
    }
}

pub(super) struct Demuxed {
    reader: Box<dyn FormatReader>,
    codec: Codec,
    track_id: u32,
    params: AudioCodecParameters,
    lossless: bool,
    /// Whether the declared length must be met to the frame.
    exact: bool,
    limits: Limits,
    shape: Option<Shape>,
    speakers: Vec<Speaker>,
    declared: Option<u64>,
    ogg_cut: bool,
    /// Sample frames still to be dropped from the start: the encoder's priming.
    to_skip: u64,
    /// Sample frames still to be delivered, where the container says where the audio ends.
    to_keep: Option<u64>,
    longest_packet: u64,
    packets: u64,
    empty_packets: u64,
    filled_packets: u64,
    skipped_packets: u64,
}

/// Damaged packets that a lossy stream may have besides one in a hundred: cut streams start
/// with packets whose other half is missing.
const FORGIVEN_PACKETS: u64 = 2;

/// Packets of no bytes that a file may have besides as many others, of any track: an MP4 makes four
/// billion of them in a few bytes.
const MOST_EMPTY_PACKETS: u64 = 1 << 12;

/// Four times the longest packet of any codec, in sample frames.
const LONGEST_PACKET: u64 = 1 << 18;

impl Demuxed {
    pub(super) fn open(
        bytes: Box<dyn ReadSeek>,
        extension_hint: Option<&str>,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Self> {
        if let Some(name) = facts.known_unsupported {
            return Err(AudioError::UnsupportedFormat(name.to_owned()));
        }
        if facts.mp4.as_ref().is_some_and(|mp4| mp4.protected) {
            return Err(AudioError::DrmProtected);
        }
        let mut hint = Hint::new();
        if let Some(extension) = extension_hint {
            hint.with_extension(extension);
        }
        let stream = MediaSourceStream::new(
            Box::new(Bytes::new(bytes, facts)),
            MediaSourceStreamOptions::default(),
        );
        let metadata = MetadataOptions::default()
            .limit_tag_bytes(Limit::Maximum(limits.max_tag_bytes))
            .limit_visual_bytes(Limit::Maximum(limits.max_picture_bytes));
        let reader = symphonia::default::get_probe()
            .probe(&hint, stream, FormatOptions::default(), metadata)
            .map_err(|error| sniff::why_not(error, facts.recognised))?;
        Self::with_reader(reader, facts, limits)
    }

    fn with_reader(
        mut reader: Box<dyn FormatReader>,
        facts: &Facts,
        limits: &Limits,
    ) -> Result<Self> {
        let gapless = itunes_gapless(reader.as_mut());
        let track = reader
            .default_track(TrackType::Audio)
            .ok_or(AudioError::NoAudioTrack)?;
        let Some(CodecParameters::Audio(params)) = &track.codec_params else {
            return Err(AudioError::NoAudioTrack);
        };
        let mut params = params.clone();
        let track_id = track.id;
        let mut num_frames = track.num_frames;
        let delay = u64::from(track.delay.unwrap_or(0));
        // An MP4 has no room for a rate of 65,536 Hz or more: its time scale has.
        if let Some(mp4) = &facts.mp4
            && params.sample_rate == Some(0)
        {
            params.sample_rate = Some(mp4.track_scale);
            num_frames = track.duration.map(symphonia::core::units::Duration::get);
        }
        // Without a count in the file, symphonia guesses from the sizes of the first frames.
        let guessed = matches!(
            reader.format_info().short_name,
            "aac" | "mp1" | "mp2" | "mp3"
        ) && !facts.mpeg_counted;
        // A fragmented MP4 states none up front, as a zero.
        let stated = num_frames.filter(|frames| !guessed && *frames > 0);
        let mut declared = stated;
        check_shape(
            params.sample_rate,
            params.channels.as_ref().map(Channels::count),
            limits,
        )?;
        check_codec(&params)?;
        let codec = if params.codec == CODEC_ID_OPUS {
            let head = params.extra_data.as_deref().unwrap_or_default();
            // MP4 writes the header's numbers the other way round.
            let number = if reader.format_info().short_name == "isomp4" {
                u16::from_be_bytes
            } else {
                u16::from_le_bytes
            };
            Codec::Opus(Box::new(OpusStream::new(head, number)?))
        } else {
            // The MD5 of a FLAC costs little and finds what no other check does.
            let options = AudioDecoderOptions::default().verify(true);
            let decoder = symphonia::default::get_codecs()
                .make_audio_decoder(&params, &options)
                .map_err(|error| match error {
                    Error::Unsupported(what) => AudioError::UnsupportedFormat(what.to_owned()),
                    other => AudioError::Corrupt(other.to_string()),
                })?;
            Codec::Symphonia(decoder)
        };
        let name = codec.name();
        let lossless = name.starts_with("pcm") || matches!(name, "flac" | "alac");
        let in_caf = reader.format_info().short_name == "caf";
        let (mut to_skip, mut to_keep) = (0, None);
        if let Some(mp4) = &facts.mp4 {
            to_skip = priming(mp4, params.sample_rate.unwrap_or(0)).max(codec.pre_skip());
            if let Some((delay, frames)) = gapless {
                to_skip = delay;
                declared = Some(frames);
            } else if let Some(frames) = declared {
                declared = Some(frames.saturating_sub(to_skip));
            }
            to_keep = declared;
        } else if let Codec::Opus(stream) = &codec {
            // Ogg counts the encoder's delay as well (RFC 7845, section 4).
            to_skip = stream.pre_skip();
            declared = declared.map(|frames| frames.saturating_sub(to_skip));
            to_keep = declared;
        } else if in_caf {
            // Its packet table counts what is to be heard, without the encoder's delay.
            to_skip = delay;
            to_keep = declared;
        } else if let (Some(frames), Some(stated)) = (facts.wave.frames, declared) {
            // The last block of ADPCM is filled up.
            let block = params.frames_per_block.unwrap_or(1);
            if frames <= stated && stated - frames < block {
                declared = Some(frames);
                to_keep = declared;
            }
        }
        Ok(Self {
            reader,
            codec,
            track_id,
            params,
            lossless,
            limits: *limits,
            shape: None,
            speakers: Vec::new(),
            declared,
            ogg_cut: facts.ogg_cut,
            // Some writers count the last packet of a CAF as if it were full.
            exact: lossless && (!in_caf || name.starts_with("pcm")),
            to_skip,
            to_keep,
            longest_packet: 0,
            packets: 0,
            empty_packets: 0,
            filled_packets: 0,
            skipped_packets: 0,
        })
    }

    /// Replaces the samples by the next packet's; false at the end. May yield an empty packet.
    pub(super) fn next_packet(&mut self, samples: &mut Vec<f32>) -> Result<bool> {
        samples.clear();
        loop {
            if self.to_keep == Some(0) {
                return Ok(false);
            }
            let packet = match self.reader.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(false),
                Err(error) => return end_or_error(error),
            };
            self.count(packet.data.is_empty())?;
            if packet.track_id != self.track_id {
                continue;
            }
            self.packets += 1;
            let decoded = match &mut self.codec {
                Codec::Opus(stream) => stream
                    .decode(&packet.data, packet.trim_end.get(), samples)
                    .map(|()| Shape {
                        sample_rate_hz: opus::SAMPLE_RATE_HZ,
                        channels: u16::try_from(stream.channels()).unwrap_or(u16::MAX),
                    }),
                Codec::Symphonia(decoder) => {
                    decode(decoder.as_mut(), &packet, samples, &mut self.speakers)
                }
            };
            match decoded {
                Ok(shape) => self.accept(shape, samples)?,
                Err(error) => {
                    self.forgive(error)?;
                    continue;
                }
            }
            self.trim(samples);
            return Ok(true);
        }
    }

    /// The first packet says what the audio is; later ones must agree.
    fn accept(&mut self, shape: Shape, samples: &[f32]) -> Result<()> {
        if shape.channels == 0 {
            return Err(AudioError::Corrupt("the audio has no channels".to_owned()));
        }
        match self.shape {
            None => {
                check_shape(
                    Some(shape.sample_rate_hz),
                    Some(usize::from(shape.channels)),
                    &self.limits,
                )?;
                self.shape = Some(shape);
                // A count in units of another rate is none of these samples.
                if self.params.sample_rate != Some(shape.sample_rate_hz) {
                    (self.declared, self.to_keep) = (None, None);
                }
            }
            Some(first) if first != shape => {
                return Err(AudioError::Corrupt(
                    "the audio changes its sample rate or channels midway".to_owned(),
                ));
            }
            Some(_) => {}
        }
        let frames = samples.len() as u64 / u64::from(shape.channels);
        self.longest_packet = self.longest_packet.max(frames);
        Ok(())
    }

    fn count(&mut self, empty: bool) -> Result<()> {
        if empty {
            self.empty_packets += 1;
        } else {
            self.filled_packets += 1;
        }
        if self.empty_packets > MOST_EMPTY_PACKETS + self.filled_packets {
            return Err(AudioError::Corrupt("most packets are empty".to_owned()));
        }
        Ok(())
    }

    fn forgive(&mut self, error: AudioError) -> Result<()> {
        self.skipped_packets += 1;
        let forgiven = FORGIVEN_PACKETS + self.packets / 100;
        if self.lossless || self.skipped_packets > forgiven {
            return Err(error);
        }
        Ok(())
    }

    /// Drops priming samples from the start and padding from the end.
    fn trim(&mut self, samples: &mut Vec<f32>) {
        let Some(shape) = self.shape else { return };
        let channels = usize::from(shape.channels);
        let mut frames = (samples.len() / channels) as u64;
        if self.to_skip > 0 {
            let skipped = self.to_skip.min(frames);
            self.to_skip -= skipped;
            frames -= skipped;
            samples.drain(..usize::try_from(skipped).unwrap_or(0) * channels);
        }
        if let Some(to_keep) = &mut self.to_keep {
            let kept = frames.min(*to_keep);
            *to_keep -= kept;
            samples.truncate(usize::try_from(kept).unwrap_or(0) * channels);
        }
    }

    /// Whether the end came where the container said it would.
    pub(super) fn check_end(&mut self, decoded: u64) -> Result<()> {
        let tolerance = if self.exact { 0 } else { self.longest_packet };
        let skipped = self.skipped_packets * self.longest_packet;
        let short = self
            .declared
            .is_some_and(|declared| decoded + tolerance + skipped < declared);
        if short || self.ogg_cut {
            return Err(AudioError::Truncated {
                declared: self.declared,
                decoded,
            });
        }
        if let Codec::Symphonia(decoder) = &mut self.codec
            && decoder.finalize().verify_ok == Some(false)
        {
            return Err(AudioError::Corrupt(
                "the samples do not match the checksum in the file".to_owned(),
            ));
        }
        Ok(())
    }

    pub(super) fn shape(&self) -> Option<Shape> {
        self.shape
    }

    pub(super) fn skipped_packets(&self) -> u64 {
        self.skipped_packets
    }

    pub(super) fn declared_frames(&self) -> Option<u64> {
        self.declared
    }

    pub(super) fn bits(&self) -> Option<u32> {
        self.params
            .bits_per_sample
            .or(self.params.bits_per_coded_sample)
            .filter(|bits| self.lossless && *bits > 0)
    }

    pub(super) fn format_name(&self) -> String {
        match self.reader.format_info().short_name {
            "wave" => "wav",
            "isomp4" => "mp4",
            other => other,
        }
        .to_owned()
    }

    pub(super) fn codec_name(&self) -> String {
        self.codec.name().to_owned()
    }

    pub(super) fn speakers(&self, channels: usize) -> Vec<Speaker> {
        if self.speakers.len() == channels {
            self.speakers.clone()
        } else {
            Speaker::usual(channels)
        }
    }

    /// Where the samples lie, if they are uncompressed and lie one after the other. Nothing may
    /// have been read of them yet.
    pub(super) fn layout(&self) -> Option<Layout> {
        let format = self.reader.format_info().short_name;
        let encoding = Encoding::of(self.params.codec)?;
        // A sample that is to be shifted is left to symphonia.
        let bits = self.params.bits_per_sample;
        let shifted = bits != self.params.bits_per_coded_sample;
        if !matches!(format, "aiff" | "caf") || shifted {
            return None;
        }
        let speakers = Speaker::of(self.params.channels.as_ref()?);
        let frame_bytes = (speakers.len() * encoding.bytes()) as u64;
        Some(Layout {
            format,
            encoding,
            sample_rate_hz: self.params.sample_rate?,
            bits,
            start: 0,
            length: self
                .declared
                .map(|frames| frames.saturating_mul(frame_bytes)),
            speakers,
        })
    }

    /// Reads the samples of that layout from here on without symphonia.
    pub(super) fn into_pcm(self, layout: Layout) -> Result<Pcm> {
        let mut bytes: Box<dyn ReadSeek> = Box::new(self.reader.into_inner());
        let start = bytes.stream_position()?;
        Pcm::open(bytes, Layout { start, ..layout })
    }

    pub(super) fn tags(&mut self, limits: &Limits) -> Tags {
        Tags::read(self.reader.as_mut(), limits)
    }
}

fn decode(
    decoder: &mut dyn AudioDecoder,
    packet: &symphonia::core::packet::Packet,
    samples: &mut Vec<f32>,
    speakers: &mut Vec<Speaker>,
) -> Result<Shape> {
    let buffer = decoder
        .decode(packet)
        .map_err(|error| AudioError::Corrupt(error.to_string()))?;
    let spec = buffer.spec();
    let shape = Shape {
        sample_rate_hz: spec.rate(),
        channels: u16::try_from(spec.channels().count()).unwrap_or(u16::MAX),
    };
    if speakers.is_empty() {
        *speakers = Speaker::of(spec.channels());
    }
    buffer.copy_to_vec_interleaved::<f32>(samples);
    Ok(shape)
}

/// Refuses what a decoder would fail at, or would make far too much room for.
fn check_codec(params: &AudioCodecParameters) -> Result<()> {
    // Decoders make room for what the header promises, before they have seen a packet.
    if let Some(frames) = params
        .max_frames_per_packet
        .filter(|most| *most > LONGEST_PACKET)
    {
        return Err(AudioError::Corrupt(format!(
            "it promises packets of {frames} frames"
        )));
    }
    // Symphonia 0.6 garbles it: it undoes the coupling of channels in the wrong order, and mixes
    // up the classes of their residues.
    let channels = params.channels.as_ref().map_or(0, Channels::count);
    if params.codec == CODEC_ID_VORBIS && channels > 2 {
        return Err(AudioError::UnsupportedFormat(format!(
            "Vorbis with {channels} channels"
        )));
    }
    if params.codec == CODEC_ID_VORBIS {
        vorbis::check_codebooks(params.extra_data.as_deref().unwrap_or_default())?;
    }
    Ok(())
}

/// Refuses impossible figures before anything is allocated for them.
pub(super) fn check_shape(
    rate: Option<u32>,
    channels: Option<usize>,
    limits: &Limits,
) -> Result<()> {
    if let Some(sample_rate_hz) = rate
        && !(limits.min_sample_rate_hz..=limits.max_sample_rate_hz).contains(&sample_rate_hz)
    {
        return Err(AudioError::UnsupportedSampleRate { sample_rate_hz });
    }
    if let Some(channels) = channels
        && channels > usize::from(limits.max_channels)
    {
        return Err(AudioError::TooManyChannels {
            channels: u16::try_from(channels).unwrap_or(u16::MAX),
            limit: limits.max_channels,
        });
    }
    Ok(())
}

/// Priming samples from an edit list, converted to sample frames.
fn priming(facts: &mp4::Facts, sample_rate_hz: u32) -> u64 {
    if facts.track_scale == 0 {
        return 0;
    }
    // More than a second in front is an edit that someone meant, and still not to be heard.
    let frames =
        u128::from(facts.start) * u128::from(sample_rate_hz) / u128::from(facts.track_scale);
    u64::try_from(frames).unwrap_or(u64::MAX)
}

/// Symphonia ends a cut file with an unexpected end: whether that is a fault is decided by the
/// count of frames.
fn end_or_error(error: Error) -> Result<bool> {
    match error {
        Error::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => Ok(false),
        Error::IoError(error) => Err(AudioError::Io(error)),
        Error::ResetRequired => Err(AudioError::UnsupportedFormat(
            "several streams one after the other".to_owned(),
        )),
        other => Err(AudioError::Corrupt(other.to_string())),
    }
}
