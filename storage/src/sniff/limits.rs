//! What is allowed in a track.

/// Limits on what a file says of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct SniffLimits {
    /// Longest duration in seconds.
    pub max_duration_seconds: f64,
    /// Most channels.
    pub max_channels: u16,
    /// Lowest sample rate in Hz.
    pub lowest_rate_hz: u32,
    /// Highest sample rate in Hz.
    pub highest_rate_hz: u32,
}

impl Default for SniffLimits {
    /// Four hours, up to eight channels, 8 to 192 kHz: what mastering takes.
    fn default() -> Self {
        Self {
            max_duration_seconds: 14_400.0,
            max_channels: 8,
            lowest_rate_hz: 8_000,
            highest_rate_hz: 192_000,
        }
    }
}
