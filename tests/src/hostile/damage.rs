//! What happens to a file on its way: its end is lost, bits flip, blocks vanish, repeat or swap.

use super::{Dice, Input, Valid, noise};

/// Places of a cut that hit headers, as well as the random ones that mostly hit sound.
const EARLY_CUTS: &[usize] = &[3, 11, 27, 44, 200];

/// Several damages of each valid file.
pub(super) fn all(valid: &[Valid], dice: &mut Dice) -> Vec<Input> {
    valid.iter().flat_map(|file| of(file, dice)).collect()
}

fn of(file: &Valid, dice: &mut Dice) -> Vec<Input> {
    let Valid { name, bytes } = file;
    let size = bytes.len();
    let mut made = Vec::new();
    let early = EARLY_CUTS[dice.below(EARLY_CUTS.len())];
    for at in [early, dice.below(size), dice.below(size), size - 1] {
        made.push(Input::new(
            "truncated",
            format!("{name} at {at}"),
            bytes[..at].to_vec(),
        ));
    }
    for bits in [1, 16, 256] {
        made.push(Input::new(
            "bit-flipped",
            format!("{name}, {bits}"),
            flipped(bytes, bits, size, dice),
        ));
    }
    // In the headers a flip changes the meaning of everything behind it.
    made.push(Input::new(
        "header-flipped",
        format!("{name}, 8"),
        flipped(bytes, 8, 512, dice),
    ));
    for zeros in [4, 64] {
        let mut zeroed = bytes.clone();
        zeroed[..zeros].fill(0);
        made.push(Input::new(
            "header-zeroed",
            format!("{name}, {zeros}"),
            zeroed,
        ));
    }
    let (at, length) = (dice.below(size / 2), size / 8);
    let hole = [&bytes[..at], &bytes[at + length..]].concat();
    made.push(Input::new("hole", format!("{name} at {at}"), hole));
    let repeated = [&bytes[..at + length], &bytes[at..]].concat();
    made.push(Input::new("repeated", format!("{name} at {at}"), repeated));
    let mut noisy = bytes.clone();
    for byte in &mut noisy[size / 2..] {
        *byte = noise(dice);
    }
    made.push(Input::new("noise-after-half", *name, noisy));
    made
}

/// `count` bits flipped among the first `within` bytes.
fn flipped(bytes: &[u8], count: usize, within: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let within = within.min(bytes.len());
    for _ in 0..count {
        bytes[dice.below(within)] ^= 1 << dice.below(8);
    }
    bytes
}
