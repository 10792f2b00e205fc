//! An independent look at a finished WAV file: its form, and its loudness by the `ebur128` crate.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a file of another form must fail the test loudly"
)]

use ebur128::{EbuR128, Mode};

/// A WAV file's form and samples.
#[derive(Debug)]
pub struct Wave {
    /// Sample rate, Hz.
    pub rate_hz: u32,
    /// Channels.
    pub channels: u16,
    /// Bits of a sample.
    pub bits: u16,
    /// Samples of all channels in turn, full scale at 1.
    pub samples: Vec<f32>,
}

/// What the independent meter says.
#[derive(Debug, Clone, Copy)]
pub struct Loudness {
    /// Integrated loudness, LUFS.
    pub integrated_lufs: f64,
    /// True peak of the highest channel, dBTP.
    pub true_peak_dbtp: f64,
}

impl Wave {
    /// Reads 16-bit, 24-bit and 32-bit float files.
    pub fn read(file: &[u8]) -> Self {
        assert!(
            file.starts_with(b"RIFF") && file[8..].starts_with(b"WAVE"),
            "not a WAV file"
        );
        let form = chunk(file, *b"fmt ");
        let number = |at: usize| u16::from_le_bytes([form[at], form[at + 1]]);
        let bits = number(14);
        let data = chunk(file, *b"data");
        let samples = match bits {
            16 => data
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from(i16::from_le_bytes(*b)) / 32_768.0)
                .collect(),
            24 => data
                .as_chunks::<3>()
                .0
                .iter()
                .map(|b| signed_24(*b) as f32 / 8_388_608.0)
                .collect(),
            32 => data
                .as_chunks()
                .0
                .iter()
                .map(|b| f32::from_le_bytes(*b))
                .collect(),
            other => panic!("{other} bits"),
        };
        let rate_hz = u32::from_le_bytes([form[4], form[5], form[6], form[7]]);
        Self {
            rate_hz,
            channels: number(2),
            bits,
            samples,
        }
    }

    /// Length in frames.
    pub fn frames(&self) -> usize {
        self.samples.len() / usize::from(self.channels)
    }

    /// Its loudness and true peak.
    pub fn loudness(&self) -> Loudness {
        let channels = u32::from(self.channels);
        let mut meter =
            EbuR128::new(channels, self.rate_hz, Mode::I | Mode::TRUE_PEAK).expect("a meter");
        meter.add_frames_f32(&self.samples).expect("whole frames");
        let peak = (0..channels).map(|channel| meter.true_peak(channel).expect("a peak"));
        Loudness {
            integrated_lufs: meter.loudness_global().expect("a loudness"),
            true_peak_dbtp: 20.0 * peak.fold(0.0, f64::max).log10(),
        }
    }
}

impl Loudness {
    /// Fails unless the loudness is within 0.1 LU and the peak at most 0.05 dB over the ceiling.
    ///
    /// # Panics
    /// Then.
    pub fn meets(self, lufs: f64, ceiling_dbtp: f64) {
        assert!(
            (self.integrated_lufs - lufs).abs() <= 0.1,
            "{self:?}, asked for {lufs} LUFS"
        );
        assert!(
            self.true_peak_dbtp <= ceiling_dbtp + 0.05,
            "{self:?}, ceiling {ceiling_dbtp} dBTP"
        );
    }
}

fn signed_24(bytes: [u8; 3]) -> i32 {
    i32::from_le_bytes([0, bytes[0], bytes[1], bytes[2]]) >> 8
}

fn chunk(file: &[u8], name: [u8; 4]) -> &[u8] {
    let mut rest = &file[12..];
    loop {
        let size = u32::from_le_bytes([rest[4], rest[5], rest[6], rest[7]]) as usize;
        if rest[..4] == name {
            return &rest[8..8 + size];
        }
        rest = &rest[8 + size + size % 2..];
    }
}
