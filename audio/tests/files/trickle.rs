//! A file on a slow line.

use std::io::{Cursor, Read, Seek, SeekFrom};

/// A reader that gives a few bytes at a time and is interrupted now and then.
pub struct Trickle {
    inner: Cursor<Vec<u8>>,
    turn: usize,
}

impl Trickle {
    pub fn new(file: Vec<u8>) -> Self {
        Self {
            inner: Cursor::new(file),
            turn: 0,
        }
    }
}

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(5) {
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        let room = buffer.len().min(1 + self.turn * 37 % 1_009);
        self.inner.read(&mut buffer[..room])
    }
}

impl Seek for Trickle {
    fn seek(&mut self, position: SeekFrom) -> std::io::Result<u64> {
        self.inner.seek(position)
    }
}
