//! RIFF WAVE: plain PCM (tag 0x0001) for 16 and 24 bits, IEEE float (0x0003) with a `fact`
//! chunk for 32f, RF64 when the file passes 4 GB. Tags follow the samples, as a LIST/INFO chunk
//! for old software and an `id3 ` chunk with everything, pictures included.
//!
//! Stores want the plain format tag even for 24 bits, not `WAVE_FORMAT_EXTENSIBLE`.

use super::{Samples, Shape, id3};
use crate::decode::Tags;
use crate::master::Bits;
use crate::{AudioError, Result, WriteSeek};

pub(super) struct WavWriter {
    shape: Shape,
    trailer: Vec<u8>,
    buffer: Vec<u8>,
    written: u64,
}

impl WavWriter {
    pub(super) fn begin(out: &mut dyn WriteSeek, shape: Shape, tags: &Tags) -> Result<Self> {
        let trailer = trailer(tags)?;
        out.write_all(&header(shape, trailer.len() as u64))?;
        Ok(Self {
            shape,
            trailer,
            buffer: Vec::new(),
            written: 0,
        })
    }

    pub(super) fn write(&mut self, out: &mut dyn WriteSeek, samples: &Samples<'_>) -> Result<()> {
        match (self.shape.bits, samples) {
            (Bits::B16, Samples::Integers(samples)) => {
                lay_out(samples, &mut self.buffer, |[a, b, ..]| [a, b]);
            }
            (Bits::B24, Samples::Integers(samples)) => {
                lay_out(samples, &mut self.buffer, |[a, b, c, _]| [a, b, c]);
            }
            (Bits::F32, Samples::Floats(samples)) => {
                self.buffer.clear();
                self.buffer
                    .extend(samples.iter().flat_map(|sample| sample.to_le_bytes()));
            }
            _ => return Err(AudioError::Internal("samples of the wrong kind".to_owned())),
        }
        self.written += self.buffer.len() as u64;
        out.write_all(&self.buffer)?;
        Ok(())
    }

    pub(super) fn finish(self, out: &mut dyn WriteSeek) -> Result<()> {
        if self.written != data_bytes(self.shape) {
            return Err(AudioError::Internal(
                "fewer samples were written than announced".to_owned(),
            ));
        }
        if self.written % 2 == 1 {
            out.write_all(&[0])?;
        }
        out.write_all(&self.trailer)?;
        Ok(())
    }
}

/// Replaces the bytes by the lower ones of every sample, little end first.
fn lay_out<const N: usize>(samples: &[i32], bytes: &mut Vec<u8>, cut: impl Fn([u8; 4]) -> [u8; N]) {
    bytes.resize(samples.len() * N, 0);
    let (words, _) = bytes.as_chunks_mut::<N>();
    for (word, sample) in words.iter_mut().zip(samples) {
        *word = cut(sample.to_le_bytes());
    }
}

fn data_bytes(shape: Shape) -> u64 {
    shape.frames * u64::from(shape.channels) * u64::from(shape.bits.bytes())
}

/// Everything up to the first sample.
fn header(shape: Shape, trailer_bytes: u64) -> Vec<u8> {
    let data = data_bytes(shape);
    let float = shape.bits == Bits::F32;
    let frame_bytes = shape.channels * shape.bits.bytes();
    let mut format = Vec::with_capacity(38);
    let size: u32 = if float { 18 } else { 16 };
    format.extend_from_slice(b"fmt ");
    format.extend_from_slice(&size.to_le_bytes());
    format.extend_from_slice(&(if float { 3_u16 } else { 1 }).to_le_bytes());
    format.extend_from_slice(&shape.channels.to_le_bytes());
    format.extend_from_slice(&shape.sample_rate_hz.to_le_bytes());
    let byte_rate = shape.sample_rate_hz * u32::from(frame_bytes);
    format.extend_from_slice(&byte_rate.to_le_bytes());
    format.extend_from_slice(&frame_bytes.to_le_bytes());
    format.extend_from_slice(&(shape.bits.bytes() * 8).to_le_bytes());
    if float {
        let frames = u32::try_from(shape.frames).unwrap_or(u32::MAX);
        format.extend_from_slice(&0_u16.to_le_bytes());
        format.extend_from_slice(b"fact");
        format.extend_from_slice(&4_u32.to_le_bytes());
        format.extend_from_slice(&frames.to_le_bytes());
    }
    let riff = 4 + format.len() as u64 + 8 + data + data % 2 + trailer_bytes;
    let mut header = Vec::with_capacity(96);
    if let (Ok(riff), Ok(data)) = (u32::try_from(riff), u32::try_from(data)) {
        header.extend_from_slice(b"RIFF");
        header.extend_from_slice(&riff.to_le_bytes());
        header.extend_from_slice(b"WAVE");
        header.extend_from_slice(&format);
        header.extend_from_slice(b"data");
        header.extend_from_slice(&data.to_le_bytes());
    } else {
        // EBU Tech 3306: the 32-bit sizes are all ones and the real ones stand in `ds64`.
        header.extend_from_slice(b"RF64");
        header.extend_from_slice(&u32::MAX.to_le_bytes());
        header.extend_from_slice(b"WAVEds64");
        header.extend_from_slice(&28_u32.to_le_bytes());
        header.extend_from_slice(&(riff + 36).to_le_bytes());
        header.extend_from_slice(&data.to_le_bytes());
        header.extend_from_slice(&shape.frames.to_le_bytes());
        header.extend_from_slice(&0_u32.to_le_bytes());
        header.extend_from_slice(&format);
        header.extend_from_slice(b"data");
        header.extend_from_slice(&u32::MAX.to_le_bytes());
    }
    header
}

/// Vorbis names and their INFO chunks.
const INFO: [(&str, [u8; 4]); 9] = [
    ("TITLE", *b"INAM"),
    ("ARTIST", *b"IART"),
    ("ALBUM", *b"IPRD"),
    ("GENRE", *b"IGNR"),
    ("DATE", *b"ICRD"),
    ("COMMENT", *b"ICMT"),
    ("COPYRIGHT", *b"ICOP"),
    ("TRACKNUMBER", *b"ITRK"),
    ("ISRC", *b"ISRC"),
];

fn trailer(tags: &Tags) -> Result<Vec<u8>> {
    let mut trailer = Vec::new();
    if tags.is_empty() {
        return Ok(trailer);
    }
    let mut info = b"INFO".to_vec();
    for (name, id) in INFO {
        if let Some(value) = tags.get(name) {
            let mut text = value.as_bytes().to_vec();
            text.push(0);
            chunk(&mut info, id, &text)?;
        }
    }
    if info.len() > 4 {
        chunk(&mut trailer, *b"LIST", &info)?;
    }
    chunk(&mut trailer, *b"id3 ", &id3::tag(tags)?)?;
    Ok(trailer)
}

/// Appends a chunk with its size, padded to an even length.
fn chunk(to: &mut Vec<u8>, id: [u8; 4], body: &[u8]) -> Result<()> {
    let size = u32::try_from(body.len())
        .map_err(|_| AudioError::Internal("a chunk of tags is too big".to_owned()))?;
    to.extend_from_slice(&id);
    to.extend_from_slice(&size.to_le_bytes());
    to.extend_from_slice(body);
    if body.len() % 2 == 1 {
        to.push(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(bits: Bits, frames: u64) -> Shape {
        Shape {
            format: crate::master::Format::Wav,
            sample_rate_hz: 48_000,
            channels: 2,
            bits,
            frames,
        }
    }

    #[test]
    fn a_24_bit_header_is_44_bytes_of_plain_pcm() {
        let header = header(shape(Bits::B24, 10), 0);
        assert_eq!(header.len(), 44);
        assert_eq!(&header[20..22], &[1, 0]);
        assert_eq!(&header[34..36], &[24, 0]);
        assert_eq!(&header[40..44], &60_u32.to_le_bytes());
        assert_eq!(&header[4..8], &(36_u32 + 60).to_le_bytes());
    }

    #[test]
    fn above_4_gb_the_header_is_rf64_with_the_sizes_in_ds64() {
        let frames = 1 << 30;
        let header = header(shape(Bits::B24, frames), 0);
        assert_eq!(&header[..4], b"RF64");
        assert_eq!(&header[12..16], b"ds64");
        let data = u64::from_le_bytes(header[28..36].try_into().unwrap());
        assert_eq!(data, frames * 6);
        let riff = u64::from_le_bytes(header[20..28].try_into().unwrap());
        assert_eq!(riff, header.len() as u64 - 8 + data);
        assert_eq!(
            u64::from_le_bytes(header[36..44].try_into().unwrap()),
            frames
        );
    }
}
