//! Which loudspeaker a channel is meant for, whatever the container calls it.

use symphonia::core::audio::{ChannelLabel, Channels, Position};

use super::place::Place;

/// The loudspeaker of one channel, by the names of ITU-R BS.2051 and the WAVE channel mask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    FrontLeft,
    FrontRight,
    FrontCentre,
    LowFrequency,
    BackLeft,
    BackRight,
    LeftOfCentre,
    RightOfCentre,
    BackCentre,
    SideLeft,
    SideRight,
    /// Above, below, or of no known place.
    Elsewhere,
}

use Speaker::{
    BackCentre, BackLeft, BackRight, Elsewhere, FrontCentre, FrontLeft, FrontRight, LeftOfCentre,
    LowFrequency, RightOfCentre, SideLeft, SideRight,
};

/// The bits of `dwChannelMask` in `WAVEFORMATEXTENSIBLE`, the lowest first; those above stand for
/// loudspeakers overhead.
const MASK: [Speaker; 11] = [
    FrontLeft,
    FrontRight,
    FrontCentre,
    LowFrequency,
    BackLeft,
    BackRight,
    LeftOfCentre,
    RightOfCentre,
    BackCentre,
    SideLeft,
    SideRight,
];

impl Speaker {
    /// The usual loudspeakers for a number of channels, when the container names none: the
    /// quadraphonic, 5.0, 5.1, 6.1 and 7.1 orders of WAVE.
    pub(super) fn usual(channels: usize) -> Vec<Self> {
        let full = [FrontLeft, FrontRight, FrontCentre, LowFrequency];
        match channels {
            1 => vec![FrontCentre],
            2 => vec![FrontLeft, FrontRight],
            3 => vec![FrontLeft, FrontRight, FrontCentre],
            4 => vec![FrontLeft, FrontRight, BackLeft, BackRight],
            5 => vec![FrontLeft, FrontRight, FrontCentre, BackLeft, BackRight],
            6 => [&full[..], &[BackLeft, BackRight]].concat(),
            7 => [&full[..], &[BackCentre, SideLeft, SideRight]].concat(),
            8 => [&full[..], &[BackLeft, BackRight, SideLeft, SideRight]].concat(),
            _ => vec![Elsewhere; channels],
        }
    }

    /// The loudspeakers of a WAVE channel mask. An empty mask leaves them to the usual order, its
    /// surplus bits are dropped from above, and channels without a bit have no known place.
    pub(super) fn of_mask(mask: u32, channels: usize) -> Vec<Self> {
        if mask == 0 {
            return Self::usual(channels);
        }
        let named = (0..32)
            .filter(|bit| mask >> bit & 1 == 1)
            .map(|bit| MASK.get(bit).copied().unwrap_or(Elsewhere));
        named
            .chain(std::iter::repeat(Elsewhere))
            .take(channels)
            .collect()
    }

    /// The loudspeakers of a decoder's channels, in the order of its samples.
    pub(super) fn of(channels: &Channels) -> Vec<Self> {
        match channels {
            Channels::Positioned(positions) => positions.iter().map(Self::at).collect(),
            Channels::Custom(labels) => labels
                .iter()
                .map(|label| match label {
                    ChannelLabel::Positioned(position) => Self::at(*position),
                    _ => Elsewhere,
                })
                .collect(),
            Channels::Discrete(count) => Self::usual(usize::from(*count)),
            other => vec![Elsewhere; other.count()],
        }
    }

    /// Symphonia numbers its first positions as WAVE does.
    fn at(position: Position) -> Self {
        if position == Position::LFE2 {
            return LowFrequency;
        }
        let bit = position.bits().trailing_zeros() as usize;
        MASK.get(bit).copied().unwrap_or(Elsewhere)
    }

    /// The short name that WAVE's mask gives it: FL, FR, FC, LFE …
    pub(super) fn name(self) -> &'static str {
        match self {
            FrontLeft => "FL",
            FrontRight => "FR",
            FrontCentre => "FC",
            LowFrequency => "LFE",
            BackLeft => "BL",
            BackRight => "BR",
            LeftOfCentre => "FLC",
            RightOfCentre => "FRC",
            BackCentre => "BC",
            SideLeft => "SL",
            SideRight => "SR",
            Elsewhere => "?",
        }
    }

    /// Where loudness counts the channels. Mono and stereo need no weights, whatever places a
    /// file claims for them.
    pub(super) fn places(speakers: &[Self]) -> Vec<Place> {
        if speakers.len() <= 2 {
            return vec![Place::Front; speakers.len()];
        }
        // The surrounds of 5.1 stand at 110 degrees, and WAVE calls them back ones. With a pair
        // at the sides, that one does, and the back pair stands beyond the 120 degrees to which
        // the weight applies (BS.1770-5, table 4).
        let sides = speakers.contains(&SideLeft) || speakers.contains(&SideRight);
        let place = |speaker: &Self| match speaker {
            LowFrequency => Place::Lfe,
            SideLeft | SideRight => Place::Surround,
            BackLeft | BackRight if !sides => Place::Surround,
            _ => Place::Front,
        };
        speakers.iter().map(place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_names_as_many_loudspeakers_as_there_are_channels() {
        assert_eq!(Speaker::of_mask(0x60f, 6), {
            [&Speaker::usual(3)[..], &[LowFrequency, SideLeft, SideRight]].concat()
        });
        assert_eq!(Speaker::of_mask(0x63f, 8), Speaker::usual(8));
        assert_eq!(Speaker::of_mask(0x33, 4), Speaker::usual(4));
        assert_eq!(Speaker::of_mask(0, 6), Speaker::usual(6));
        assert_eq!(Speaker::of_mask(u32::MAX, 2), Speaker::usual(2));
        assert_eq!(Speaker::of_mask(3, 3), [FrontLeft, FrontRight, Elsewhere]);
    }

    #[test]
    fn symphonias_positions_are_those_of_the_mask() {
        let all = Position::from_wave_channel_mask(0x3ffff).unwrap_or_default();
        assert_eq!(
            Speaker::of(&Channels::Positioned(all)),
            Speaker::of_mask(0x3ffff, 18)
        );
    }

    #[test]
    fn loudness_weighs_the_pair_nearest_to_the_sides() {
        use Place::{Front, Lfe, Surround};
        let front = [Front, Front, Front, Lfe];
        let five_one = [&front[..], &[Surround; 2]].concat();
        assert_eq!(Speaker::places(&Speaker::usual(6)), five_one);
        let seven_one = [&front[..], &[Front, Front, Surround, Surround]].concat();
        assert_eq!(Speaker::places(&Speaker::usual(8)), seven_one);
    }
}
