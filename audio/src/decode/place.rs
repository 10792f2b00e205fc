//! Where a channel's loudspeaker stands, as far as loudness cares.

use super::speaker::Speaker;

/// The place of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In front, right behind, above, or unknown: weight 1.
    Front,
    /// Beside the listener, 60 to 120 degrees from the front: weight 1.41.
    Surround,
    /// Low-frequency effects: not counted.
    Lfe,
}

impl Place {
    /// The weight of the channel's power in BS.1770-5, table 3.
    pub fn weight(self) -> f64 {
        match self {
            Self::Front => 1.0,
            Self::Surround => 1.41,
            Self::Lfe => 0.0,
        }
    }

    /// The usual places for a number of channels, when the container does not say.
    pub fn usual(channels: usize) -> Vec<Self> {
        Speaker::places(&Speaker::usual(channels))
    }
}
