//! Files of uncompressed samples in every container, byte by byte.
#![expect(
    clippy::cast_possible_truncation,
    reason = "support for tests: sizes are small"
)]

pub mod trickle;

/// What a WAVE format chunk says.
#[derive(Clone, Copy)]
pub struct Fmt {
    pub tag: u16,
    pub channels: u16,
    pub rate: u32,
    pub bits: u16,
    /// Bytes of one sample.
    pub bytes: u16,
    /// Valid bits and channel mask of an extensible format.
    pub extended: Option<(u16, u32)>,
}

pub const fn fmt(tag: u16, bits: u16) -> Fmt {
    Fmt {
        tag,
        channels: 2,
        rate: 44_100,
        bits,
        bytes: bits.div_ceil(8),
        extended: None,
    }
}

impl Fmt {
    pub fn body(self) -> Vec<u8> {
        let frame = self.bytes * self.channels;
        let tag = if self.extended.is_some() {
            0xfffe
        } else {
            self.tag
        };
        let mut body = [
            &tag.to_le_bytes()[..],
            &self.channels.to_le_bytes(),
            &self.rate.to_le_bytes(),
            &(self.rate * u32::from(frame)).to_le_bytes(),
            &frame.to_le_bytes(),
            &self.bits.to_le_bytes(),
        ]
        .concat();
        if let Some((valid, mask)) = self.extended {
            body.extend(22_u16.to_le_bytes());
            body.extend(valid.to_le_bytes());
            body.extend(mask.to_le_bytes());
            body.extend(self.tag.to_le_bytes());
            body.extend(b"\0\0\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
        } else if self.tag != 1 && self.tag != 3 {
            body.extend([0, 0]);
        }
        body
    }
}

/// A chunk, made even.
pub fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u32).to_le_bytes();
    let pad: &[u8] = if body.len() % 2 == 1 { &[0] } else { &[] };
    [&name[..], &size, body, pad].concat()
}

/// A RIFF WAVE of these chunks.
pub fn riff(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let size = (body.len() as u32 + 4).to_le_bytes();
    [b"RIFF", &size[..], b"WAVE", &body].concat()
}

pub fn plain(fmt: Fmt, data: &[u8]) -> Vec<u8> {
    riff(&[chunk(*b"fmt ", &fmt.body()), chunk(*b"data", data)])
}

const GUID: &[u8; 12] = b"\xf3\xac\xd3\x11\x8c\xd1\0\xc0\x4f\x8e\xdb\x8a";
const RIFF_GUID: &[u8; 12] = b"\x2e\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0";

/// A chunk of Wave64, filled up to eight bytes.
pub fn long_chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let size = (body.len() as u64 + 24).to_le_bytes();
    let pad = vec![0; body.len().next_multiple_of(8) - body.len()];
    [&name[..], GUID, &size, body, &pad].concat()
}

/// A Wave64 file of these chunks.
pub fn wave64(chunks: &[Vec<u8>]) -> Vec<u8> {
    let body = chunks.concat();
    let size = (body.len() as u64 + 40).to_le_bytes();
    [b"riff", &RIFF_GUID[..], &size, b"wave", GUID, &body].concat()
}

/// An AIFC file of stereo at 44.1 kHz.
pub fn aifc(compression: [u8; 4], bits: u16, data: &[u8]) -> Vec<u8> {
    let frame = if matches!(&compression, b"alaw" | b"ulaw") {
        2
    } else {
        bits.div_ceil(8) * 2
    };
    let frames = data.len() as u32 / u32::from(frame);
    let common = [
        &2_u16.to_be_bytes()[..],
        &frames.to_be_bytes(),
        &bits.to_be_bytes(),
        b"\x40\x0e\xac\x44\0\0\0\0\0\0",
        &compression,
        &[0, 0],
    ]
    .concat();
    let big = |name: [u8; 4], body: &[u8]| {
        let size = (body.len() as u32).to_be_bytes();
        [&name[..], &size, body, &vec![0; body.len() % 2]].concat()
    };
    let body = [
        b"AIFC",
        &big(*b"FVER", &0xa280_5140_u32.to_be_bytes())[..],
        &big(*b"COMM", &common),
        &big(*b"SSND", &[&[0; 8], data].concat()),
    ]
    .concat();
    big(*b"FORM", &body)
}

/// A CAF file of stereo at 44.1 kHz; the flags are 1 for floats and 2 for little end first.
pub fn caf(flags: u32, bits: u32, data: &[u8]) -> Vec<u8> {
    let description = [
        &44_100.0_f64.to_be_bytes()[..],
        b"lpcm",
        &flags.to_be_bytes(),
        &(bits / 8 * 2).to_be_bytes(),
        &1_u32.to_be_bytes(),
        &2_u32.to_be_bytes(),
        &bits.to_be_bytes(),
    ]
    .concat();
    let big = |name: [u8; 4], body: &[u8]| {
        let size = (body.len() as u64).to_be_bytes();
        [&name[..], &size, body].concat()
    };
    [
        b"caff\0\x01\0\0",
        &big(*b"desc", &description)[..],
        &big(*b"data", &[&[0; 4], data].concat()),
    ]
    .concat()
}
