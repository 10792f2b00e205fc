//! Churn models as ONNX files: plain operators, one input of features, one output of probabilities,
//! and in the metadata all that is needed to fill the one and explain the other.
//!
//! For each level the features asked are gathered, compared with their borders, and the answers
//! added up as bits of a leaf's place; the leaves are looked up in one table of all trees and
//! summed. Calibration is part of the leaves.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    reason = "files hold single precision, and no model has so many features"
)]

use std::fmt::Write as _;

use super::calibration::Calibration;
use super::model::Model;
use super::schema::Schema;
use super::training::Report;
use crate::onnx::{Attribute, Builder, Limits, Tensor, Values, encode, read};
use crate::trees::{Forest, Split, Tree};
use crate::{MlError, Result};

/// The name of the input: float \[N, features\], NaN for what is missing.
pub const INPUT: &str = "features";
/// The name of the output: float \[N, 1\].
pub const OUTPUT: &str = "probability";

const TASK: &str = "churn";
/// `TensorProto.DataType` of floats and of 64-bit integers.
const FLOAT: i64 = 1;
const INT64: i64 = 7;
/// No number is greater: the border of levels that a tree doesn't have.
const NEVER: f32 = f32::MAX;

/// The bytes of a model's file. Leaves are rounded to single precision.
///
/// # Errors
///
/// [`MlError::Data`] where the metadata can't be written down.
pub fn export(model: &Model, report: &Report) -> Result<Vec<u8>> {
    written(model, &json(report)?)
}

fn written(model: &Model, report: &str) -> Result<Vec<u8>> {
    let forest = calibrated(model);
    let trees = &forest.trees;
    let depth = trees
        .iter()
        .map(|tree| tree.splits.len())
        .max()
        .unwrap_or(0)
        .max(1);
    let leaves = 1_usize << depth;

    let mut graph = Builder::new(TASK);
    let input = graph.input(INPUT, &[model.schema.features.len()]);
    let count = trees.len();
    let offsets = (0..count).map(|tree| (tree * leaves) as f32).collect();
    let mut place = graph.floats(&[count], offsets);
    for level in 0..depth {
        let asked = |tree: &Tree| {
            tree.splits.get(level).copied().unwrap_or(Split {
                feature: 0,
                border: NEVER,
            })
        };
        let features = trees
            .iter()
            .map(|tree| asked(tree).feature as i64)
            .collect();
        let features = graph.ints(&[count], features);
        let borders = graph.floats(
            &[count],
            trees.iter().map(|tree| asked(tree).border).collect(),
        );
        let values = graph.op_with(
            "Gather",
            &[&input, &features],
            &[("axis", Attribute::Int(1))],
        );
        let passes = graph.op("Greater", &[&values, &borders]);
        let bits = graph.op_with("Cast", &[&passes], &[("to", Attribute::Int(FLOAT))]);
        let weight = graph.scalar((1_u32 << level) as f32);
        let weighted = graph.op("Mul", &[&bits, &weight]);
        place = graph.op("Add", &[&weighted, &place]);
    }
    let place = graph.op_with("Cast", &[&place], &[("to", Attribute::Int(INT64))]);
    let table: Vec<f32> = trees
        .iter()
        .flat_map(|tree| padded(&tree.leaves, leaves))
        .collect();
    let table = graph.floats(&[count * leaves], table);
    let values = graph.op_with("Gather", &[&table, &place], &[("axis", Attribute::Int(0))]);
    let ones = graph.floats(&[count, 1], vec![1.0; count]);
    let sum = graph.op("MatMul", &[&values, &ones]);
    let base = graph.floats(&[1], vec![forest.base as f32]);
    let log_odds = graph.op("Add", &[&sum, &base]);
    let likely = graph.op("Sigmoid", &[&log_odds]);
    graph.output(OUTPUT, &likely, &[1]);

    graph.metadata("task", TASK);
    graph.metadata("schema", json(&model.schema)?);
    graph.metadata("report", report);
    graph.metadata("cover", cover(trees));
    Ok(encode(&graph.finish()))
}

/// The model and report of a file that [`export`] made. Its calibration is in its leaves.
///
/// # Errors
///
/// [`MlError::ModelDamaged`] and the like for bytes that aren't a sound file;
/// [`MlError::ModelMismatch`] for a sound one of something else.
pub fn import(bytes: &[u8]) -> Result<(Model, Report)> {
    let file = read(bytes, &Limits::default())?;
    let said = |key: &str| {
        let text = file.metadata.get(key).map(String::as_str);
        text.ok_or_else(|| mismatch(&format!("its metadata lack {key}")))
    };
    if said("task")? != TASK {
        return Err(mismatch("it is not a churn model"));
    }
    let schema: Schema = parse("schema", said("schema")?)?;
    let told = said("report")?;
    let report: Report = parse("report", told)?;
    let forest = forest(&file.tensors, said("cover")?)
        .ok_or_else(|| mismatch("its constants are not those of a churn model"))?;
    let model = Model {
        schema,
        forest,
        calibration: Calibration::NONE,
    };
    // What is answered from these trees must be what the graph says: it is if they make this graph.
    if written(&model, told)? != bytes {
        return Err(mismatch("its graph is not that of a churn model"));
    }
    Ok((model, report))
}

/// The trees with the calibration worked into their leaves.
fn calibrated(model: &Model) -> Forest {
    let line = model.calibration;
    let mut forest = model.forest.clone();
    forest.base = line.apply(forest.base);
    for value in forest.trees.iter_mut().flat_map(|tree| &mut tree.leaves) {
        *value *= line.slope;
    }
    if forest.trees.is_empty() {
        forest.trees.push(Tree {
            splits: Vec::new(),
            leaves: vec![0.0],
            cover: vec![0],
        });
    }
    forest
}

fn padded(leaves: &[f64], to: usize) -> impl Iterator<Item = f32> {
    let real = leaves.iter().map(|value| *value as f32);
    real.chain(std::iter::repeat(0.0)).take(to)
}

/// Counts of each leaf, trees divided by semicolons.
fn cover(trees: &[Tree]) -> String {
    let mut text = String::new();
    for (place, tree) in trees.iter().enumerate() {
        let divider = if place > 0 { ";" } else { "" };
        for (leaf, count) in tree.cover.iter().enumerate() {
            let divider = if leaf > 0 { "," } else { divider };
            // Writing to a string can't fail.
            let _ = write!(text, "{divider}{count}");
        }
    }
    text
}

/// The trees, from the constants in the order in which [`export`] makes them.
fn forest(tensors: &[Tensor], cover: &str) -> Option<Forest> {
    let (base, tensors) = tensors.split_last()?;
    let (_ones, tensors) = tensors.split_last()?;
    let (table, tensors) = tensors.split_last()?;
    let (_offsets, levels) = tensors.split_first()?;
    let table = floats(table)?;
    let covers: Vec<&str> = cover.split(';').collect();
    let width = table.len().checked_div(covers.len())?;
    let mut trees = Vec::with_capacity(covers.len());
    for (place, (cover, leaves)) in covers
        .iter()
        .zip(table.chunks_exact(width.max(1)))
        .enumerate()
    {
        let mut splits = Vec::new();
        for level in levels.chunks_exact(3) {
            let [features, borders, _weight] = level else {
                return None;
            };
            let (feature, border) = (*ints(features)?.get(place)?, *floats(borders)?.get(place)?);
            if border < NEVER {
                splits.push(Split {
                    feature: usize::try_from(feature).ok()?,
                    border,
                });
            }
        }
        let cover: Option<Vec<u32>> = cover.split(',').map(|count| count.parse().ok()).collect();
        trees.push(Tree {
            leaves: leaves
                .get(..1 << splits.len())?
                .iter()
                .map(|value| f64::from(*value))
                .collect(),
            splits,
            cover: cover?,
        });
    }
    Some(Forest {
        base: f64::from(*floats(base)?.first()?),
        trees,
    })
}

fn floats(tensor: &Tensor) -> Option<&[f32]> {
    match &tensor.values {
        Values::Float(values) => Some(values),
        Values::Int64(_) => None,
    }
}

fn ints(tensor: &Tensor) -> Option<&[i64]> {
    match &tensor.values {
        Values::Int64(values) => Some(values),
        Values::Float(_) => None,
    }
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| MlError::Data(error.to_string()))
}

fn parse<T: serde::de::DeserializeOwned>(key: &str, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| mismatch(&format!("its {key}: {error}")))
}

fn mismatch(what: &str) -> MlError {
    MlError::ModelMismatch(what.to_owned())
}
