//! Ogg Vorbis, for listening before the download: `libvorbis` with the tuning of aoTuV.

use std::io::{self, Write};
use std::num::{NonZeroU8, NonZeroU32};
use std::sync::{Arc, Mutex, PoisonError};

use vorbis_rs::{VorbisBitrateManagementStrategy, VorbisEncoder, VorbisEncoderBuilder};

use super::{Samples, Shape};
use crate::decode::Tags;
use crate::{AudioError, Result, WriteSeek};

/// About 192 kb/s for stereo at 44.1 kHz.
const QUALITY: f32 = 0.6;
/// One stream a file, so any number will do; the same one keeps the bytes the same.
const SERIAL: i32 = 1;
/// What the encoder takes well at a time.
const BLOCK_FRAMES: usize = 1_024;

/// What the encoder wrote and nobody took yet.
#[derive(Clone, Default)]
struct Pipe(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct VorbisWriter {
    encoder: VorbisEncoder<Pipe>,
    pipe: Pipe,
    planes: Vec<Vec<f32>>,
}

fn internal(reason: impl std::fmt::Display) -> AudioError {
    AudioError::Internal(format!("Vorbis: {reason}"))
}

impl VorbisWriter {
    /// Pictures are left out: a preview has to be small.
    pub(super) fn begin(shape: Shape, tags: &Tags) -> Result<Self> {
        let refused = || {
            AudioError::InvalidSettings(
                "Vorbis cannot hold this sample rate or number of channels".to_owned(),
            )
        };
        let rate = NonZeroU32::new(shape.sample_rate_hz).ok_or_else(refused)?;
        let channels = u8::try_from(shape.channels).ok().and_then(NonZeroU8::new);
        let pipe = Pipe::default();
        let mut builder = VorbisEncoderBuilder::new_with_serial(
            rate,
            channels.ok_or_else(refused)?,
            pipe.clone(),
            SERIAL,
        );
        builder.bitrate_management_strategy(VorbisBitrateManagementStrategy::QualityVbr {
            target_quality: QUALITY,
        });
        let named = tags.entries.iter().filter(|(name, _)| is_field_name(name));
        for (name, value) in named {
            // The library takes no zero bytes.
            let value = value.replace('\0', " ");
            builder.comment_tag(name, value).map_err(internal)?;
        }
        Ok(Self {
            encoder: builder.build().map_err(|_| refused())?,
            pipe,
            planes: vec![Vec::new(); usize::from(shape.channels)],
        })
    }

    pub(super) fn write(&mut self, out: &mut dyn WriteSeek, samples: &Samples<'_>) -> Result<()> {
        let Samples::Floats(samples) = samples else {
            return Err(internal("samples of the wrong kind"));
        };
        let channels = self.planes.len();
        for block in samples.chunks(BLOCK_FRAMES * channels) {
            for (channel, plane) in self.planes.iter_mut().enumerate() {
                plane.clear();
                plane.extend(block.iter().skip(channel).step_by(channels));
            }
            self.encoder
                .encode_audio_block(&self.planes)
                .map_err(internal)?;
        }
        out.write_all(&self.pipe.take())?;
        Ok(())
    }

    pub(super) fn finish(self, out: &mut dyn WriteSeek) -> Result<()> {
        let Self { encoder, pipe, .. } = self;
        // The last page is written when the stream is closed.
        drop(encoder.finish().map_err(internal)?);
        out.write_all(&pipe.take())?;
        Ok(())
    }
}

/// As the Vorbis specification has it: printable ASCII without `=`.
fn is_field_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .bytes()
            .all(|byte| matches!(byte, 0x20..=0x7d) && byte != b'=')
}
