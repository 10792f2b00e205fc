//! Whether a file may be given to a runtime: size, form, operators, names, shapes, digest.

use std::collections::BTreeSet;

use super::decode::decode;
use super::encode::{digest, write};
use super::model::{Dim, Model};
use super::wire::damaged;
use super::{BATCH, DIGEST};
use crate::{MlError, Result};

/// How much a file may hold.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of the file.
    pub bytes: usize,
    /// Operations.
    pub nodes: usize,
    /// Constants.
    pub tensors: usize,
    /// Inputs and outputs.
    pub ports: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 64 << 20,
            nodes: 20_000,
            tensors: 20_000,
            ports: 64,
        }
    }
}

/// The operators that a file may use, all of ONNX's own domain. Each gives the same answer in both
/// runtimes. Loops, recurrent cells and the `ai.onnx.ml` domain are not among them: the runtime in
/// Rust aborts the process on some of them, or answers wrongly.
pub const OPERATORS: &[&str] = &[
    "Abs",
    "Add",
    "Cast",
    "Clip",
    "Concat",
    "Div",
    "Exp",
    "Flatten",
    "Gather",
    "Gemm",
    "Greater",
    "Identity",
    "Less",
    "Log",
    "MatMul",
    "Max",
    "Min",
    "Mul",
    "Neg",
    "ReduceMax",
    "ReduceMean",
    "ReduceSum",
    "Relu",
    "Reshape",
    "Sigmoid",
    "Slice",
    "Softmax",
    "Softplus",
    "Sqrt",
    "Squeeze",
    "Sub",
    "Tanh",
    "Transpose",
    "Unsqueeze",
    "Where",
];

/// Reads a file that this crate wrote, and refuses it if one byte is not as it was written.
pub fn read(bytes: &[u8], limits: &Limits) -> Result<Model> {
    let model = read_foreign(bytes, limits)?;
    let Some(told) = model.metadata.get(DIGEST) else {
        return Err(damaged(
            "it has no digest: it was not written by this program",
        ));
    };
    if *told != digest(&model) || write(&model) != bytes {
        return Err(damaged("its digest is not that of its bytes"));
    }
    Ok(model)
}

/// Reads a file that anyone may have written. That it passes means that its form is sound, not
/// that nobody changed it: a runtime may still fail on it.
pub fn read_foreign(bytes: &[u8], limits: &Limits) -> Result<Model> {
    let model = read_any(bytes, limits)?;
    nodes(&model)?;
    Ok(model)
}

/// Reads a file with operators that are not run here, for a process that may end of it.
pub(crate) fn read_any(bytes: &[u8], limits: &Limits) -> Result<Model> {
    let model = decode(bytes, limits)?;
    tensors(&model)?;
    ports(&model)?;
    Ok(model)
}

fn tensors(model: &Model) -> Result<()> {
    for tensor in &model.tensors {
        let count = tensor
            .shape
            .iter()
            .try_fold(1_usize, |count, size| count.checked_mul(*size));
        if count != Some(tensor.values.len()) {
            let name = &tensor.name;
            return Err(damaged(&format!(
                "{name} has not the elements of its shape"
            )));
        }
    }
    Ok(())
}

fn nodes(model: &Model) -> Result<()> {
    let mut known = BTreeSet::new();
    let constants = model.tensors.iter().map(|tensor| &tensor.name);
    for name in model.inputs.iter().map(|port| &port.name).chain(constants) {
        if name.is_empty() || !known.insert(name.as_str()) {
            return Err(damaged(&format!(
                "the name {name:?} comes twice, or is empty"
            )));
        }
    }
    for node in &model.nodes {
        let own = node.domain.is_empty() || node.domain == "ai.onnx";
        if !own || !OPERATORS.contains(&node.op.as_str()) {
            let (domain, op) = (&node.domain, &node.op);
            return Err(MlError::ModelUnsupported(format!(
                "operator {op} of domain {domain:?}"
            )));
        }
        let unknown = |name: &&String| !name.is_empty() && !known.contains(name.as_str());
        if let Some(name) = node.inputs.iter().find(unknown) {
            return Err(damaged(&format!("{name} is used before it is made")));
        }
        for name in &node.outputs {
            if name.is_empty() || !known.insert(name.as_str()) {
                return Err(damaged(&format!(
                    "the name {name:?} comes twice, or is empty"
                )));
            }
        }
    }
    let missing = model
        .outputs
        .iter()
        .find(|port| !known.contains(port.name.as_str()));
    missing.map_or(Ok(()), |port| {
        Err(damaged(&format!("nothing makes the output {}", port.name)))
    })
}

fn ports(model: &Model) -> Result<()> {
    if model.inputs.is_empty() || model.outputs.is_empty() {
        return Err(damaged("there must be inputs and outputs"));
    }
    for port in model.inputs.iter().chain(&model.outputs) {
        let (batch, rest) = match port.shape.split_first() {
            Some((Dim::Named(name), rest)) => (name == BATCH, rest),
            _ => (false, &[][..]),
        };
        let sized = rest
            .iter()
            .all(|dim| matches!(dim, Dim::Size(1..=1_000_000)));
        if !batch || !sized {
            let name = &port.name;
            return Err(MlError::ModelUnsupported(format!(
                "{name}: the first dimension must be named {BATCH}, and the others be sizes"
            )));
        }
    }
    Ok(())
}
