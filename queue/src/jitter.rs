//! Randomness from a seed, so that what happened together does not happen together again, and a
//! test can foresee it.

/// A fraction from 0 up to 1, evenly spread. The same seed and words give the same fraction.
pub(crate) fn fraction(seed: u64, words: &[u64]) -> f64 {
    let mixed = words
        .iter()
        .fold(mix(seed), |mixed, word| mix(mixed ^ word));
    // The top 53 bits are the fraction's mantissa.
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

/// The finaliser of `SplitMix64` (Steele, Lea, Flood 2014): every input bit reaches every output bit.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
