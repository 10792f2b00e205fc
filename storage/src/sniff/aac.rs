//! AAC's own description of itself (ISO 14496-3), as MPEG-4 files and ADTS frames carry it.

use super::error::SniffError;

/// Sample rates by index.
const RATES: [u32; 13] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
];

/// The sample rate of an index in Hz.
pub(super) fn rate(index: u32) -> Option<u32> {
    RATES.get(usize::try_from(index).ok()?).copied()
}

/// The number of channels of a configuration; 0 means that it is told elsewhere.
pub(super) fn channels(configuration: u32) -> Option<u16> {
    match configuration {
        1..=6 => u16::try_from(configuration).ok(),
        7 => Some(8),
        _ => None,
    }
}

/// Rate in Hz and channels of an `AudioSpecificConfig`. Fields that it leaves open are none.
pub(super) fn config(bytes: &[u8]) -> Result<(Option<u32>, Option<u16>), SniffError> {
    let mut bits = Bits { bytes, at: 0 };
    let mut kind = bits.take(5);
    if kind == 31 {
        kind = 32 + bits.take(6);
    }
    let index = bits.take(4);
    let hz = if index == 15 {
        Some(bits.take(24))
    } else {
        rate(index)
    };
    let channels = channels(bits.take(4));
    match kind {
        2 => Ok((hz, channels)),
        5 | 29 => Err(SniffError::unsupported("HE-AAC")),
        42 => Err(SniffError::unsupported("xHE-AAC")),
        _ => Err(SniffError::unsupported(
            "AAC in a profile other than Low Complexity",
        )),
    }
}

/// Bits from the most significant on; beyond the end they are zero.
struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Bits<'_> {
    fn take(&mut self, count: usize) -> u32 {
        (0..count).fold(0, |value, _| {
            let byte = self.bytes.get(self.at / 8).copied().unwrap_or_default();
            let bit = byte >> (7 - self.at % 8) & 1;
            self.at += 1;
            value << 1 | u32::from(bit)
        })
    }
}
