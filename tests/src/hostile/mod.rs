//! Malformed inputs: damaged sound, forged headers, other files, and bombs; the same ones at every
//! run.

#![expect(
    clippy::panic,
    clippy::indexing_slicing,
    reason = "an input that can't be made must fail the test loudly"
)]

mod bombs;
mod damage;
mod foreign;
mod forged;
mod valid;

use crate::dice::Dice;

pub use valid::Valid;

/// A file that somebody might send.
#[derive(Debug, Clone)]
pub struct Input {
    /// What kind of harm it is, for the table of outcomes.
    pub class: &'static str,
    /// Names it within its class.
    pub name: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Input {
    fn new(class: &'static str, name: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self {
            class,
            name: name.into(),
            bytes,
        }
    }
}

/// Every input, made from `seed`.
///
/// # Panics
/// When ffmpeg is missing or refuses to make the small valid files that the others come from.
pub fn inputs(seed: u64) -> Vec<Input> {
    let mut dice = Dice(seed);
    let valid = valid::all();
    let mut inputs = damage::all(&valid, &mut dice);
    inputs.extend(forged::all(&valid));
    inputs.extend(foreign::all(&valid, &mut dice));
    inputs.extend(bombs::all());
    inputs
}

/// A byte of noise.
fn noise(dice: &mut Dice) -> u8 {
    dice.bits().to_be_bytes()[0]
}
