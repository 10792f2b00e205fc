//! What a hostile or absurd file may not make us do.

/// Bounds that are checked against the header before anything is allocated, and again
/// against what is decoded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Longest audio taken, in seconds.
    pub max_duration_seconds: f64,
    /// Most channels taken.
    pub max_channels: u16,
    /// Lowest sample rate taken, in hertz.
    pub min_sample_rate_hz: u32,
    /// Highest sample rate taken, in hertz.
    pub max_sample_rate_hz: u32,
    /// Most bytes of text tags kept; the rest is dropped.
    pub max_tag_bytes: usize,
    /// Most bytes of one picture kept; a bigger one is dropped.
    pub max_picture_bytes: usize,
}

impl Limits {
    /// For files that were written here: nothing is refused, and tags are not read.
    pub(crate) fn unbounded() -> Self {
        Self {
            max_duration_seconds: f64::INFINITY,
            max_channels: u16::MAX,
            min_sample_rate_hz: 1,
            max_sample_rate_hz: u32::MAX,
            max_tag_bytes: 0,
            max_picture_bytes: 0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_duration_seconds: 4.0 * 3600.0,
            max_channels: 8,
            min_sample_rate_hz: 8_000,
            max_sample_rate_hz: 384_000,
            max_tag_bytes: 1 << 20,
            max_picture_bytes: 16 << 20,
        }
    }
}
