//! Values that a kernel keeps side by side become one, by halves, so that this is vectorised too.

/// All lanes as one. `N` is a power of two.
#[expect(
    clippy::inline_always,
    reason = "it must be compiled for the instruction set that is dispatched to"
)]
#[inline(always)]
pub(crate) fn joined<const N: usize>(mut lanes: [f32; N], join: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = N;
    while width > 1 {
        width /= 2;
        let (low, high) = lanes.split_at_mut(width);
        for (one, other) in low.iter_mut().zip(high) {
            *one = join(*one, *other);
        }
    }
    lanes.first().copied().unwrap_or(0.0)
}
