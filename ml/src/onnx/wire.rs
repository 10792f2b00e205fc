//! Protocol Buffers' wire format: varints, 32-bit numbers and lengths.

use crate::{MlError, Result};

/// A message being written. Fields are written in the order of the calls.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }

    fn varint(&mut self, mut value: u64) {
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                self.bytes.push(low);
                return;
            }
            self.bytes.push(low | 0x80);
        }
    }

    fn key(&mut self, field: u32, kind: u64) {
        self.varint(u64::from(field) << 3 | kind);
    }

    pub(super) fn int(&mut self, field: u32, value: i64) {
        self.key(field, 0);
        self.varint(value.cast_unsigned());
    }

    pub(super) fn float(&mut self, field: u32, value: f32) {
        self.key(field, 5);
        self.bytes.extend(value.to_le_bytes());
    }

    pub(super) fn bytes(&mut self, field: u32, value: &[u8]) {
        self.key(field, 2);
        self.varint(value.len() as u64);
        self.bytes.extend(value);
    }

    pub(super) fn text(&mut self, field: u32, value: &str) {
        self.bytes(field, value.as_bytes());
    }

    pub(super) fn message(&mut self, field: u32, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes(field, &inner.bytes);
    }
}

/// A field's value as it stands in the bytes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Raw<'a> {
    Varint(u64),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

impl<'a> Raw<'a> {
    pub(super) fn int(self) -> Result<i64> {
        match self {
            Self::Varint(value) => Ok(value.cast_signed()),
            _ => Err(damaged("a whole number is expected")),
        }
    }

    pub(super) fn float(self) -> Result<f32> {
        match self {
            Self::Fixed32(bytes) => Ok(f32::from_le_bytes(bytes)),
            _ => Err(damaged("a number is expected")),
        }
    }

    pub(super) fn bytes(self) -> Result<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            _ => Err(damaged("bytes are expected")),
        }
    }

    pub(super) fn text(self) -> Result<String> {
        let text = std::str::from_utf8(self.bytes()?);
        text.map(ToOwned::to_owned)
            .map_err(|_| damaged("a name is not UTF-8"))
    }

    /// Whole numbers, whether packed or one by one.
    pub(super) fn ints(self, into: &mut Vec<i64>) -> Result<()> {
        if let Self::Bytes(bytes) = self {
            let mut rest = Reader { bytes };
            while !rest.bytes.is_empty() {
                into.push(rest.varint()?.cast_signed());
            }
        } else {
            into.push(self.int()?);
        }
        Ok(())
    }

    /// Numbers, whether packed or one by one.
    pub(super) fn floats(self, into: &mut Vec<f32>) -> Result<()> {
        if let Self::Bytes(bytes) = self {
            let (words, rest) = bytes.as_chunks::<4>();
            if !rest.is_empty() {
                return Err(damaged("half a number"));
            }
            into.extend(words.iter().map(|word| f32::from_le_bytes(*word)));
        } else {
            into.push(self.float()?);
        }
        Ok(())
    }
}

/// A message being read, field by field.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let (head, rest) = self
            .bytes
            .split_at_checked(count)
            .ok_or_else(|| damaged("it ends early"))?;
        self.bytes = rest;
        Ok(head)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = *self.take(1)? else {
                return Err(damaged("it ends early"));
            };
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(damaged("a number has more than 64 bits"))
    }

    /// The next field's number and value; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(u64, Raw<'a>)>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let key = self.varint()?;
        let raw = match key & 7 {
            0 => Raw::Varint(self.varint()?),
            2 => {
                let count = usize::try_from(self.varint()?);
                Raw::Bytes(self.take(count.map_err(|_| damaged("it ends early"))?)?)
            }
            5 => {
                let word = self.take(4)?.first_chunk();
                Raw::Fixed32(*word.ok_or_else(|| damaged("it ends early"))?)
            }
            _ => return Err(damaged("a field of an unknown form")),
        };
        Ok(Some((key >> 3, raw)))
    }
}

pub(super) fn damaged(what: &str) -> MlError {
    MlError::ModelDamaged(what.to_owned())
}
