//! Writing the finished samples: WAV and FLAC, with tags and pictures, and Vorbis for listening.

mod flac;
mod flac_frames;
mod flac_header;
mod id3;
mod vorbis;
mod vorbis_comment;
mod wav;

use crate::decode::Tags;
use crate::master::{Bits, Format};
use crate::{Result, WriteSeek};

/// What is written, known before the first sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shape {
    pub format: Format,
    pub sample_rate_hz: u32,
    pub channels: u16,
    pub bits: Bits,
    pub frames: u64,
}

/// Samples of the kind that [`Bits`] asks for; floats for Vorbis.
#[derive(Debug)]
pub(crate) enum Samples<'a> {
    Integers(&'a [i32]),
    Floats(&'a [f32]),
}

enum Container {
    Wav(wav::WavWriter),
    Flac(Box<flac::FlacWriter>),
    Vorbis(Box<vorbis::VorbisWriter>),
}

/// Writes one file.
pub(crate) struct Encoder<'a> {
    out: &'a mut dyn WriteSeek,
    container: Container,
}

impl<'a> Encoder<'a> {
    /// Writes everything that comes before the samples.
    pub(crate) fn begin(out: &'a mut dyn WriteSeek, shape: Shape, tags: &Tags) -> Result<Self> {
        let container = match shape.format {
            Format::Wav => Container::Wav(wav::WavWriter::begin(out, shape, tags)?),
            Format::Flac => Container::Flac(Box::new(flac::FlacWriter::begin(out, shape, tags)?)),
            Format::Vorbis => {
                Container::Vorbis(Box::new(vorbis::VorbisWriter::begin(shape, tags)?))
            }
        };
        Ok(Self { out, container })
    }

    /// Writes the next samples, interleaved, of whole frames.
    pub(crate) fn write(&mut self, samples: &Samples<'_>) -> Result<()> {
        match &mut self.container {
            Container::Wav(wav) => wav.write(self.out, samples),
            Container::Flac(flac) => flac.write(self.out, samples),
            Container::Vorbis(vorbis) => vorbis.write(self.out, samples),
        }
    }

    /// Writes everything that comes after them and returns the size of the file in bytes.
    pub(crate) fn finish(self) -> Result<u64> {
        match self.container {
            Container::Wav(wav) => wav.finish(self.out)?,
            Container::Flac(flac) => flac.finish(self.out)?,
            Container::Vorbis(vorbis) => vorbis.finish(self.out)?,
        }
        self.out.flush()?;
        Ok(self.out.stream_position()?)
    }
}
