//! A trained forecaster as a graph of plain operators that takes raw values.
//!
//! Inputs: `history` \[N, context\], values of at least 0 with the latest last; and, where the
//! metadata's `frame` says `phased`, `phase` \[N, season\], 1 at the place in the season of the first
//! step forecast (Monday first for a season of 7) and 0 elsewhere, all 0 for an unknown place.
//! Output: `forecast` \[N, horizon, 3\], the 10 %, 50 % and 90 % quantiles of every step.

use super::forecaster::Forecaster;
use super::frame::{FURTHEST, HEADS, TINY};
use super::net::{Part, single};
use crate::onnx::{Attribute, Builder, Model};
use crate::{MlError, Result};

/// The metadata's word for what the model is for.
pub const TASK: &str = "forecast";
/// The version of this form of the graph.
pub const FORM: &str = "1";

impl Forecaster {
    /// The forecaster as a model; `told` is added to its metadata.
    pub fn model(&self, told: &[(&str, String)]) -> Result<Model> {
        let frame = &self.frame;
        let mut to = Builder::new("maxbooster-forecast");
        let history = to.input("history", &[frame.context]);
        let axes = [
            ("axes", Attribute::Ints(vec![1])),
            ("keepdims", Attribute::Int(1)),
        ];
        let nothing = to.scalar(0.0);
        let tiny = to.scalar(single(TINY));
        let offset = to.scalar(single(frame.offset));
        let mean = to.op_with("ReduceMean", &[&history], &axes);
        let share = to.op("Mul", &[&mean, &offset]);
        let added = to.op("Add", &[&share, &tiny]);
        let positive = to.op("Max", &[&history, &nothing]);
        let shifted = to.op("Add", &[&positive, &added]);
        let logs = to.op("Log", &[&shifted]);
        let level = level(&mut to, &logs, frame.context, frame.level);
        let relative = to.op("Sub", &[&logs, &level]);
        let (lowest, highest) = (to.scalar(single(-FURTHEST)), to.scalar(single(FURTHEST)));
        let mut inputs = to.op("Clip", &[&relative, &lowest, &highest]);
        if frame.phased {
            let phase = to.input("phase", &[frame.season]);
            let along = [("axis", Attribute::Int(1))];
            inputs = to.op_with("Concat", &[&inputs, &phase], &along);
        }
        let mut sum: Option<[String; HEADS]> = None;
        for weights in &self.members {
            let heads = self.member(&mut to, weights, &inputs);
            sum = Some(match sum {
                None => heads,
                Some(before) => {
                    let [low, median, high] = &before;
                    let [more_low, more_median, more_high] = &heads;
                    [
                        to.op("Add", &[low, more_low]),
                        to.op("Add", &[median, more_median]),
                        to.op("Add", &[high, more_high]),
                    ]
                }
            });
        }
        let sum = sum.ok_or_else(|| MlError::Data("the ensemble is empty".to_owned()))?;
        let count = to.scalar(single(1.0 / self.members.len() as f64));
        let column = to.ints(&[3], vec![-1, size(frame.horizon), 1]);
        let quantiles = sum.map(|sum| {
            let mean = to.op("Mul", &[&sum, &count]);
            let log = to.op("Add", &[&mean, &level]);
            let value = to.op("Exp", &[&log]);
            let value = to.op("Sub", &[&value, &added]);
            let value = to.op("Max", &[&value, &nothing]);
            to.op("Reshape", &[&value, &column])
        });
        let quantiles: Vec<&str> = quantiles.iter().map(String::as_str).collect();
        let forecast = to.op_with("Concat", &quantiles, &[("axis", Attribute::Int(2))]);
        to.output("forecast", &forecast, &[frame.horizon, HEADS]);
        to.metadata("task", TASK);
        to.metadata("form", FORM);
        let frame = serde_json::to_string(frame).map_err(std::io::Error::from)?;
        to.metadata("frame", frame);
        for (key, value) in told {
            to.metadata(key, value.as_str());
        }
        Ok(to.finish())
    }

    /// Lower, median and upper of one network, \[N, horizon\] each, in logs relative to the level.
    fn member(&self, to: &mut Builder, weights: &[f32], inputs: &str) -> [String; HEADS] {
        let layout = self.sizes.layout();
        let dense = |to: &mut Builder, from: &str, matrix: &Part| {
            let values = weights
                .get(matrix.range.clone())
                .unwrap_or_default()
                .to_vec();
            let matrix = to.floats(&[values.len() / matrix.columns, matrix.columns], values);
            to.op("MatMul", &[from, &matrix])
        };
        let entered = dense(to, inputs, &layout.enter);
        let bias = |to: &mut Builder, part: &Part| {
            let values = weights.get(part.range.clone()).unwrap_or_default().to_vec();
            to.floats(&[part.columns], values)
        };
        let enter_bias = bias(to, &layout.enter_bias);
        let mut state = to.op("Add", &[&entered, &enter_bias]);
        for [first, offset, second] in &layout.blocks {
            let hidden = dense(to, &state, first);
            let offset = bias(to, offset);
            let hidden = to.op("Add", &[&hidden, &offset]);
            let hidden = to.op("Relu", &[&hidden]);
            let moved = dense(to, &hidden, second);
            state = to.op("Add", &[&state, &moved]);
        }
        let shown = to.op("Relu", &[&state]);
        let left = dense(to, &shown, &layout.leave);
        let bypass = dense(to, inputs, &layout.bypass);
        let offset = bias(to, &layout.leave_bias);
        let both = to.op("Add", &[&left, &bypass]);
        let all = to.op("Add", &[&both, &offset]);
        let head = |to: &mut Builder, head: usize| {
            let places = (0..self.frame.horizon).map(|step| size(step * HEADS + head));
            let places = to.ints(&[self.frame.horizon], places.collect());
            to.op_with("Gather", &[&all, &places], &[("axis", Attribute::Int(1))])
        };
        let (median, low, high) = (head(to, 0), head(to, 1), head(to, 2));
        let bound = |to: &mut Builder, width: &str, factor: f32, op: &str| {
            let width = to.op("Softplus", &[width]);
            let factor = to.scalar(factor);
            let width = to.op("Mul", &[&width, &factor]);
            to.op(op, &[&median, &width])
        };
        let [below, above] = self.widths;
        let (low, high) = (
            bound(to, &low, below, "Sub"),
            bound(to, &high, above, "Add"),
        );
        [low, median, high]
    }
}

/// The mean of the latest logarithms, \[N, 1\].
fn level(to: &mut Builder, logs: &str, context: usize, latest: usize) -> String {
    let places = (context - latest.min(context)..context).map(size);
    let places = to.ints(&[latest.min(context)], places.collect());
    let latest = to.op_with("Gather", &[logs, &places], &[("axis", Attribute::Int(1))]);
    let axes = [
        ("axes", Attribute::Ints(vec![1])),
        ("keepdims", Attribute::Int(1)),
    ];
    to.op_with("ReduceMean", &[&latest], &axes)
}

/// A size as the format's kind of number.
fn size(value: usize) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
