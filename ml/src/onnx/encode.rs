//! A model as the bytes of its file.

use sha2::{Digest, Sha256};

use super::model::{Attribute, Dim, Model, Node, Port, Tensor, Values};
use super::wire::Writer;
use super::{DIGEST, IR_VERSION, OPSET};

/// The file of a model: canonical bytes, with the model's digest in its metadata (an entry of that
/// name is overwritten). The model is written as it is; [`super::read`] says whether it is sound.
pub fn encode(model: &Model) -> Vec<u8> {
    let mut model = model.clone();
    model.metadata.insert(DIGEST.to_owned(), digest(&model));
    write(&model)
}

/// SHA-256, in hex, of the canonical bytes without the digest's own entry.
pub(super) fn digest(model: &Model) -> String {
    let mut bare = model.clone();
    bare.metadata.remove(DIGEST);
    hex::encode(Sha256::digest(write(&bare)))
}

pub(super) fn write(model: &Model) -> Vec<u8> {
    let mut to = Writer::default();
    to.int(1, IR_VERSION);
    to.text(2, "maxbooster");
    to.message(7, |graph| {
        for each in &model.nodes {
            graph.message(1, |to| node(to, each));
        }
        graph.text(2, &model.name);
        for each in &model.tensors {
            graph.message(5, |to| tensor(to, each));
        }
        for each in &model.inputs {
            graph.message(11, |to| port(to, each));
        }
        for each in &model.outputs {
            graph.message(12, |to| port(to, each));
        }
    });
    to.message(8, |opset| {
        opset.text(1, "");
        opset.int(2, OPSET);
    });
    for (key, value) in &model.metadata {
        to.message(14, |entry| {
            entry.text(1, key);
            entry.text(2, value);
        });
    }
    to.finish()
}

fn node(to: &mut Writer, node: &Node) {
    for name in &node.inputs {
        to.text(1, name);
    }
    for name in &node.outputs {
        to.text(2, name);
    }
    to.text(4, &node.op);
    for (name, value) in &node.attributes {
        to.message(5, |to| attribute(to, name, value));
    }
    if !node.domain.is_empty() {
        to.text(7, &node.domain);
    }
}

fn attribute(to: &mut Writer, name: &str, value: &Attribute) {
    to.text(1, name);
    let kind = match value {
        Attribute::Float(value) => {
            to.float(2, *value);
            1
        }
        Attribute::Int(value) => {
            to.int(3, *value);
            2
        }
        Attribute::Ints(values) => {
            for value in values {
                to.int(8, *value);
            }
            7
        }
    };
    to.int(20, kind);
}

fn tensor(to: &mut Writer, tensor: &Tensor) {
    for size in &tensor.shape {
        to.int(1, i64::try_from(*size).unwrap_or(i64::MAX));
    }
    to.int(2, tensor.values.element() as i64);
    to.text(8, &tensor.name);
    let bytes: Vec<u8> = match &tensor.values {
        Values::Float(values) => values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
        Values::Int64(values) => values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect(),
    };
    to.bytes(9, &bytes);
}

fn port(to: &mut Writer, port: &Port) {
    to.text(1, &port.name);
    to.message(2, |kind| {
        kind.message(1, |tensor| {
            tensor.int(1, port.element as i64);
            tensor.message(2, |shape| {
                for dim in &port.shape {
                    shape.message(1, |to| match dim {
                        Dim::Size(size) => to.int(1, size.cast_signed()),
                        Dim::Named(name) => to.text(2, name),
                    });
                }
            });
        });
    });
}
