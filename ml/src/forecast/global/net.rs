//! The network: a residual multi-layer perceptron with a linear path beside it, its forward pass,
//! and the gradient of its loss.
//!
//! `h = x·I + i`; for every block `h += relu(h·A + a)·B`; the forecast is `relu(h)·O + x·L + o`.
//! It starts with nothing on the way out, so an untrained network forecasts the level.
#![expect(
    clippy::indexing_slicing,
    reason = "every slice is cut by the sizes that the parameters were laid out with"
)]

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::matrix::{add_product, transposed};
use crate::random::Random;

/// The sizes of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sizes {
    /// Numbers that go in.
    pub inputs: usize,
    /// Numbers that come out.
    pub outputs: usize,
    /// Width of the blocks.
    pub width: usize,
    /// How many blocks.
    pub blocks: usize,
}

/// One matrix or vector among the parameters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) range: Range<usize>,
    pub(super) columns: usize,
}

/// Where each matrix lies among the parameters.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) enter: Part,
    pub(super) enter_bias: Part,
    /// A, a, B of each block.
    pub(super) blocks: Vec<[Part; 3]>,
    pub(super) leave: Part,
    pub(super) bypass: Part,
    pub(super) leave_bias: Part,
    pub(super) count: usize,
}

impl Sizes {
    pub(super) fn layout(&self) -> Layout {
        let mut count = 0;
        let mut part = |rows: usize, columns: usize| {
            let range = count..count + rows * columns;
            count = range.end;
            Part { range, columns }
        };
        let width = self.width;
        let enter = part(self.inputs, width);
        let enter_bias = part(1, width);
        let blocks = (0..self.blocks)
            .map(|_| [part(width, width), part(1, width), part(width, width)])
            .collect();
        let leave = part(width, self.outputs);
        let bypass = part(self.inputs, self.outputs);
        let leave_bias = part(1, self.outputs);
        Layout {
            enter,
            enter_bias,
            blocks,
            leave,
            bypass,
            leave_bias,
            count,
        }
    }

    /// Sets what belongs to the first so many inputs to 0, in weights or in their gradient.
    pub(super) fn silence_first(&self, inputs: usize, weights: &mut [f32]) {
        let layout = self.layout();
        for part in [&layout.enter, &layout.bypass] {
            let part_of = &mut weights[part.range.clone()];
            part_of[..inputs * part.columns].fill(0.0);
        }
    }

    /// Random weights on the way in, zeros on the way out.
    pub(super) fn start(&self, random: &mut Random) -> Vec<f32> {
        let layout = self.layout();
        let mut weights = vec![0.0; layout.count];
        let mut fill = |part: &Part, gain: f64| {
            let rows = part.range.len() / part.columns;
            let deviation = gain * (2.0 / rows as f64).sqrt();
            for weight in &mut weights[part.range.clone()] {
                *weight = single(deviation * random.normal());
            }
        };
        fill(&layout.enter, 1.0);
        for [first, _, second] in &layout.blocks {
            fill(first, 1.0);
            fill(second, 0.3);
        }
        weights
    }
}

/// A number rounded to `f32`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "rounding is what it is for"
)]
pub(super) fn single(value: f64) -> f32 {
    value as f32
}

/// What the forward pass leaves for the backward pass.
struct Trace {
    /// h on entering each block, and after the last.
    states: Vec<Vec<f32>>,
    /// relu(h·A + a) of each block.
    inner: Vec<Vec<f32>>,
    outputs: Vec<f32>,
}

fn rows_of(bias: &[f32], rows: usize) -> Vec<f32> {
    let mut all = Vec::with_capacity(bias.len() * rows);
    for _ in 0..rows {
        all.extend_from_slice(bias);
    }
    all
}

fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}

fn run(sizes: &Sizes, layout: &Layout, weights: &[f32], inputs: &[f32]) -> Trace {
    let rows = inputs.len() / sizes.inputs;
    let of = |part: &Part| &weights[part.range.clone()];
    let mut state = rows_of(of(&layout.enter_bias), rows);
    add_product(&mut state, inputs, of(&layout.enter), sizes.width);
    let (mut states, mut inner) = (Vec::new(), Vec::new());
    for [first, bias, second] in &layout.blocks {
        let mut hidden = rows_of(of(bias), rows);
        add_product(&mut hidden, &state, of(first), sizes.width);
        relu(&mut hidden);
        states.push(state.clone());
        add_product(&mut state, &hidden, of(second), sizes.width);
        inner.push(hidden);
    }
    states.push(state.clone());
    relu(&mut state);
    let mut outputs = rows_of(of(&layout.leave_bias), rows);
    add_product(&mut outputs, &state, of(&layout.leave), sizes.outputs);
    add_product(&mut outputs, inputs, of(&layout.bypass), sizes.outputs);
    Trace {
        states,
        inner,
        outputs,
    }
}

/// The outputs, row by row, of inputs, row by row.
pub(super) fn forward(sizes: &Sizes, weights: &[f32], inputs: &[f32]) -> Vec<f32> {
    run(sizes, &sizes.layout(), weights, inputs).outputs
}

fn add_columns(into: &mut [f32], rows: &[f32]) {
    for row in rows.chunks_exact(into.len()) {
        for (sum, value) in into.iter_mut().zip(row) {
            *sum += value;
        }
    }
}

fn silence(gradient: &mut [f32], values: &[f32]) {
    for (gradient, value) in gradient.iter_mut().zip(values) {
        if *value <= 0.0 {
            *gradient = 0.0;
        }
    }
}

/// Loss, and its gradient by every weight. `slope` is given the outputs and returns the loss with
/// its gradient by every output.
pub(super) fn gradient(
    sizes: &Sizes,
    weights: &[f32],
    inputs: &[f32],
    slope: impl FnOnce(&[f32]) -> (f64, Vec<f32>),
) -> (f64, Vec<f32>) {
    let layout = sizes.layout();
    let trace = run(sizes, &layout, weights, inputs);
    let (loss, out) = slope(&trace.outputs);
    let mut slopes = vec![0.0; layout.count];
    let of = |part: &Part| &weights[part.range.clone()];
    let inputs_turned = transposed(inputs, sizes.inputs);
    add_columns(&mut slopes[layout.leave_bias.range.clone()], &out);
    add_product(
        &mut slopes[layout.bypass.range.clone()],
        &inputs_turned,
        &out,
        sizes.outputs,
    );
    let last = trace.states.last().map_or(&[][..], Vec::as_slice);
    let mut shown = last.to_vec();
    relu(&mut shown);
    let turned = transposed(&shown, sizes.width);
    add_product(
        &mut slopes[layout.leave.range.clone()],
        &turned,
        &out,
        sizes.outputs,
    );
    let mut state = vec![0.0; last.len()];
    add_product(
        &mut state,
        &out,
        &transposed(of(&layout.leave), sizes.outputs),
        sizes.width,
    );
    silence(&mut state, last);
    let traces = trace.states.iter().zip(&trace.inner);
    for ([first, bias, second], (before, hidden)) in layout.blocks.iter().zip(traces).rev() {
        let turned = transposed(hidden, sizes.width);
        add_product(
            &mut slopes[second.range.clone()],
            &turned,
            &state,
            sizes.width,
        );
        let mut within = vec![0.0; hidden.len()];
        add_product(
            &mut within,
            &state,
            &transposed(of(second), sizes.width),
            sizes.width,
        );
        silence(&mut within, hidden);
        add_columns(&mut slopes[bias.range.clone()], &within);
        let turned = transposed(before, sizes.width);
        add_product(
            &mut slopes[first.range.clone()],
            &turned,
            &within,
            sizes.width,
        );
        add_product(
            &mut state,
            &within,
            &transposed(of(first), sizes.width),
            sizes.width,
        );
    }
    add_columns(&mut slopes[layout.enter_bias.range.clone()], &state);
    add_product(
        &mut slopes[layout.enter.range.clone()],
        &inputs_turned,
        &state,
        sizes.width,
    );
    (loss, slopes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        let sizes = Sizes {
            inputs: 5,
            outputs: 3,
            width: 8,
            blocks: 2,
        };
        let mut random = Random::new(11);
        let mut weights = sizes.start(&mut random);
        for weight in &mut weights {
            *weight += single(0.2 * random.normal());
        }
        let inputs: Vec<f32> = (0..4 * 5).map(|_| single(random.normal())).collect();
        let targets: Vec<f32> = (0..4 * 3).map(|_| single(random.normal())).collect();
        let slope = |outputs: &[f32]| {
            let off: Vec<f32> = outputs.iter().zip(&targets).map(|(o, t)| o - t).collect();
            let loss = off
                .iter()
                .map(|off| f64::from(off * off) / 2.0)
                .sum::<f64>();
            (loss, off)
        };
        let (_, slopes) = gradient(&sizes, &weights, &inputs, slope);
        for at in 0..weights.len() {
            let loss = |by: f32| {
                let mut moved = weights.clone();
                moved[at] += by;
                slope(&forward(&sizes, &moved, &inputs)).0
            };
            let measured = (loss(1e-3) - loss(-1e-3)) / 2e-3;
            let told = f64::from(slopes[at]);
            assert!(
                (measured - told).abs() < 0.02 * (1.0 + told.abs()),
                "{at}: {measured} {told}"
            );
        }
    }
}
