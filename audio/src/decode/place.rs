//! Where a channel's loudspeaker stands, as far as loudness cares.

use symphonia::core::audio::{ChannelLabel, Channels, Position};

/// The place of one channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In front, above, or unknown: weight 1.
    Front,
    /// Beside or behind the listener: weight 1.41.
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
        use Place::{Front, Lfe, Surround};
        match channels {
            4 => vec![Front, Front, Surround, Surround],
            5 => vec![Front, Front, Front, Surround, Surround],
            6 => vec![Front, Front, Front, Lfe, Surround, Surround],
            7 => vec![Front, Front, Front, Lfe, Surround, Surround, Surround],
            8 => vec![
                Front, Front, Front, Lfe, Surround, Surround, Surround, Surround,
            ],
            _ => vec![Front; channels],
        }
    }

    fn at(position: Position) -> Self {
        const BEHIND: Position = Position::REAR_LEFT
            .union(Position::REAR_RIGHT)
            .union(Position::REAR_CENTER)
            .union(Position::SIDE_LEFT)
            .union(Position::SIDE_RIGHT);
        if position.intersects(Position::LFE1) || position.intersects(Position::LFE2) {
            Self::Lfe
        } else if position.intersects(BEHIND) {
            Self::Surround
        } else {
            Self::Front
        }
    }

    /// The places of a decoder's channels, in the order of its samples.
    pub(super) fn of(channels: &Channels) -> Vec<Self> {
        match channels {
            // Mono and stereo need no weights, whatever positions a file claims for them.
            some if some.count() <= 2 => vec![Self::Front; some.count()],
            Channels::Positioned(positions) => positions.iter().map(Self::at).collect(),
            Channels::Custom(labels) => labels
                .iter()
                .map(|label| match label {
                    ChannelLabel::Positioned(position) => Self::at(*position),
                    _ => Self::Front,
                })
                .collect(),
            other => Self::usual(other.count()),
        }
    }
}
