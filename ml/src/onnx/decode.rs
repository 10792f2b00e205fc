//! The bytes of a file as a model. What the crate's models do not have is refused, not skipped:
//! sub-graphs, functions, sparse or external tensors, attributes of other kinds.

use super::check::Limits;
use super::model::{Attribute, Dim, Element, Model, Node, Port, Tensor, Values};
use super::wire::{Raw, Reader, damaged};
use super::{IR_VERSION, OPSET};
use crate::{MlError, Result};

/// Reads a file within limits. The model is not yet checked.
pub(super) fn decode(bytes: &[u8], limits: &Limits) -> Result<Model> {
    if bytes.len() > limits.bytes {
        let most = limits.bytes;
        return Err(MlError::ModelTooLarge(format!("more than {most} bytes")));
    }
    let mut model = Model::default();
    let (mut graphs, mut opset) = (0, None);
    let mut from = Reader::new(bytes);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => {
                let version = raw.int()?;
                if !(3..=IR_VERSION).contains(&version) {
                    return Err(unsupported("IR version", version));
                }
            }
            2..=6 => {} // who made it
            7 => {
                graphs += 1;
                graph(raw, &mut model, limits)?;
            }
            8 => {
                if let Some(version) = own_opset(raw)? {
                    opset = Some(version);
                }
            }
            14 => {
                let (key, value) = entry(raw)?;
                if model.metadata.insert(key, value).is_some() {
                    return Err(damaged("a metadata key comes twice"));
                }
            }
            _ => return Err(unsupported("field of a model", field)),
        }
    }
    if graphs != 1 {
        return Err(damaged("there must be one graph"));
    }
    match opset {
        Some(version) if (13..=OPSET).contains(&version) => Ok(model),
        Some(version) => Err(unsupported("opset", version)),
        None => Err(damaged("no opset is named")),
    }
}

fn unsupported(what: &str, found: impl std::fmt::Display) -> MlError {
    MlError::ModelUnsupported(format!("{what} {found}"))
}

fn own_opset(raw: Raw<'_>) -> Result<Option<i64>> {
    let (mut domain, mut version) = (String::new(), 0);
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => domain = raw.text()?,
            2 => version = raw.int()?,
            _ => return Err(damaged("an opset has a field of another kind")),
        }
    }
    Ok((domain.is_empty() || domain == "ai.onnx").then_some(version))
}

fn entry(raw: Raw<'_>) -> Result<(String, String)> {
    let mut entry = (String::new(), String::new());
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => entry.0 = raw.text()?,
            2 => entry.1 = raw.text()?,
            _ => return Err(damaged("a metadata entry has a field of another kind")),
        }
    }
    Ok(entry)
}

fn graph(raw: Raw<'_>, model: &mut Model, limits: &Limits) -> Result<()> {
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => model.nodes.push(node(raw)?),
            2 => model.name = raw.text()?,
            5 => model.tensors.push(tensor(raw)?),
            10 | 13 => {} // words, and shapes that follow from the rest
            11 => model.inputs.push(port(raw)?),
            12 => model.outputs.push(port(raw)?),
            _ => return Err(unsupported("field of a graph", field)),
        }
        let counts = [
            ("nodes", model.nodes.len(), limits.nodes),
            ("tensors", model.tensors.len(), limits.tensors),
            (
                "ports",
                model.inputs.len() + model.outputs.len(),
                limits.ports,
            ),
        ];
        if let Some((what, _, most)) = counts.iter().find(|(_, count, most)| count > most) {
            return Err(MlError::ModelTooLarge(format!("more than {most} {what}")));
        }
    }
    Ok(())
}

fn node(raw: Raw<'_>) -> Result<Node> {
    let mut node = Node::default();
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => node.inputs.push(raw.text()?),
            2 => node.outputs.push(raw.text()?),
            3 | 6 => {} // its name and words about it
            4 => node.op = raw.text()?,
            5 => {
                let (name, value) = attribute(raw)?;
                if node.attributes.insert(name, value).is_some() {
                    return Err(damaged("an attribute comes twice"));
                }
            }
            7 => node.domain = raw.text()?,
            _ => return Err(unsupported("field of a node", field)),
        }
    }
    Ok(node)
}

fn attribute(raw: Raw<'_>) -> Result<(String, Attribute)> {
    let mut name = String::new();
    let (mut float, mut int, mut ints, mut kind) = (0.0, 0, Vec::new(), 0);
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => name = raw.text()?,
            2 => float = raw.float()?,
            3 => int = raw.int()?,
            8 => raw.ints(&mut ints)?,
            13 => {} // words
            20 => kind = raw.int()?,
            _ => return Err(unsupported("attribute of a kind in field", field)),
        }
    }
    let value = match kind {
        1 => Attribute::Float(float),
        2 => Attribute::Int(int),
        7 => Attribute::Ints(ints),
        _ => return Err(unsupported("attribute of kind", kind)),
    };
    Ok((name, value))
}

fn tensor(raw: Raw<'_>) -> Result<Tensor> {
    let (mut dims, mut kind, mut name) = (Vec::new(), 0, String::new());
    let (mut floats, mut ints, mut plain) = (Vec::new(), Vec::new(), None);
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => raw.ints(&mut dims)?,
            2 => kind = raw.int()?,
            4 => raw.floats(&mut floats)?,
            7 => raw.ints(&mut ints)?,
            8 => name = raw.text()?,
            9 => plain = Some(raw.bytes()?),
            12 => {} // words
            _ => return Err(unsupported("field of a tensor", field)),
        }
    }
    let sizes = dims.iter().map(|size| usize::try_from(*size));
    let shape = sizes
        .collect::<std::result::Result<Vec<_>, _>>()
        .map_err(|_| damaged("a tensor has a negative size"))?;
    let values = match (kind, plain) {
        (1, None) => Values::Float(floats),
        (1, Some(bytes)) => {
            let (words, rest) = bytes.as_chunks::<4>();
            whole(rest)?;
            Values::Float(words.iter().map(|word| f32::from_le_bytes(*word)).collect())
        }
        (7, None) => Values::Int64(ints),
        (7, Some(bytes)) => {
            let (words, rest) = bytes.as_chunks::<8>();
            whole(rest)?;
            Values::Int64(words.iter().map(|word| i64::from_le_bytes(*word)).collect())
        }
        _ => return Err(unsupported("tensor of element kind", kind)),
    };
    Ok(Tensor {
        name,
        shape,
        values,
    })
}

fn whole(rest: &[u8]) -> Result<()> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(damaged("a tensor ends in half an element"))
    }
}

fn port(raw: Raw<'_>) -> Result<Port> {
    let mut port = Port {
        name: String::new(),
        element: Element::Float,
        shape: Vec::new(),
    };
    let mut from = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = from.next()? {
        match field {
            1 => port.name = raw.text()?,
            2 => tensor_type(raw, &mut port)?,
            3 => {} // words
            _ => return Err(unsupported("field of a port", field)),
        }
    }
    Ok(port)
}

fn tensor_type(raw: Raw<'_>, port: &mut Port) -> Result<()> {
    let mut outer = Reader::new(raw.bytes()?);
    while let Some((field, raw)) = outer.next()? {
        if field != 1 {
            return Err(unsupported("port that is no tensor: field", field));
        }
        let mut from = Reader::new(raw.bytes()?);
        while let Some((field, raw)) = from.next()? {
            match field {
                1 => {
                    port.element = match raw.int()? {
                        1 => Element::Float,
                        7 => Element::Int64,
                        9 => Element::Bool,
                        other => return Err(unsupported("port of element kind", other)),
                    }
                }
                2 => shape(raw, port)?,
                _ => return Err(damaged("a tensor's type has a field of another kind")),
            }
        }
    }
    Ok(())
}

fn shape(raw: Raw<'_>, port: &mut Port) -> Result<()> {
    let mut from = Reader::new(raw.bytes()?);
    while let Some((_, raw)) = from.next()? {
        let mut dim = Dim::Named(String::new());
        let mut inner = Reader::new(raw.bytes()?);
        while let Some((field, raw)) = inner.next()? {
            match field {
                1 => {
                    let size = u64::try_from(raw.int()?);
                    dim = Dim::Size(size.map_err(|_| damaged("a negative dimension"))?);
                }
                2 => dim = Dim::Named(raw.text()?),
                3 => {} // words
                _ => return Err(damaged("a dimension has a field of another kind")),
            }
        }
        port.shape.push(dim);
    }
    Ok(())
}
