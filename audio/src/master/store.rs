//! Audio between two passes: `f32` values in the caller's scratch space, written once and read
//! as often as needed, in blocks.

use std::io::SeekFrom;

use crate::{AudioError, Result, Scratch};

/// Frames of a block that is read back. A multiple of every stage's own step.
pub(crate) const BLOCK_FRAMES: usize = 16_384;

/// A run of values in scratch space.
pub(crate) struct Store {
    scratch: Box<dyn Scratch>,
    bytes: Vec<u8>,
    values: u64,
    read: u64,
}

impl Store {
    pub(crate) fn new(scratch: Box<dyn Scratch>) -> Self {
        Self {
            scratch,
            bytes: Vec::new(),
            values: 0,
            read: 0,
        }
    }

    /// Appends values; only before the first [`rewind`](Self::rewind).
    pub(crate) fn write(&mut self, values: &[f32]) -> Result<()> {
        self.bytes.clear();
        self.bytes.reserve(values.len() * 4);
        for value in values {
            self.bytes.extend_from_slice(&value.to_le_bytes());
        }
        self.scratch.write_all(&self.bytes)?;
        self.values += values.len() as u64;
        Ok(())
    }

    /// The space of an earlier attempt that wrote so many values; `None` where they are not there.
    pub(crate) fn recalled(mut scratch: Box<dyn Scratch>, values: u64) -> Result<Option<Self>> {
        let bytes = scratch.seek(SeekFrom::End(0))?;
        let whole = values.checked_mul(4) == Some(bytes);
        Ok(whole.then(|| Self {
            values,
            ..Self::new(scratch)
        }))
    }

    /// How many values there are.
    pub(crate) fn values(&self) -> u64 {
        self.values
    }

    /// Hands everything written on to the space.
    pub(crate) fn flush(&mut self) -> Result<()> {
        Ok(self.scratch.flush()?)
    }

    /// Goes back to the first value.
    pub(crate) fn rewind(&mut self) -> Result<()> {
        self.seek(0)
    }

    /// Goes to a value, so that it is read next.
    pub(crate) fn seek(&mut self, value: u64) -> Result<()> {
        self.scratch.flush()?;
        self.scratch.seek(SeekFrom::Start(value * 4))?;
        self.read = value.min(self.values);
        Ok(())
    }

    /// Replaces the buffer by the next values, at most `most` of them; empty at the end.
    pub(crate) fn read(&mut self, most: usize, values: &mut Vec<f32>) -> Result<()> {
        values.clear();
        let left = self.values - self.read;
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        self.bytes.resize(count * 4, 0);
        self.scratch.read_exact(&mut self.bytes).map_err(|error| {
            AudioError::Io(std::io::Error::new(
                error.kind(),
                format!("the scratch space lost what was written to it: {error}"),
            ))
        })?;
        let (quads, _) = self.bytes.as_chunks::<4>();
        values.extend(quads.iter().map(|quad| f32::from_le_bytes(*quad)));
        self.read += count as u64;
        Ok(())
    }
}
