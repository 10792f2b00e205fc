//! What a model file holds, in the format's own words.

use std::collections::BTreeMap;

/// A model: one graph, and what is said about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Model {
    /// The graph's name.
    pub name: String,
    /// What is fed.
    pub inputs: Vec<Port>,
    /// What comes out.
    pub outputs: Vec<Port>,
    /// Constants.
    pub tensors: Vec<Tensor>,
    /// Operations, each after those that it needs.
    pub nodes: Vec<Node>,
    /// What is said about the model, by name.
    pub metadata: BTreeMap<String, String>,
}

/// An input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// The kind of its elements.
    pub element: Element,
    /// Its shape.
    pub shape: Vec<Dim>,
}

/// One dimension.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dim {
    /// As many as the caller likes, under this name.
    Named(String),
    /// So many.
    Size(u64),
}

/// The kind of a tensor's elements; discriminants are those of `TensorProto.DataType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floating point.
    Float = 1,
    /// 64-bit integer.
    Int64 = 7,
    /// Truth value.
    Bool = 9,
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// Its shape; empty for a scalar.
    pub shape: Vec<usize>,
    /// Its elements, row by row.
    pub values: Values,
}

/// The elements of a constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// 32-bit floating point.
    Float(Vec<f32>),
    /// 64-bit integers.
    Int64(Vec<i64>),
}

impl Values {
    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(values) => values.len(),
            Self::Int64(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their kind.
    pub fn element(&self) -> Element {
        match self {
            Self::Float(_) => Element::Float,
            Self::Int64(_) => Element::Int64,
        }
    }
}

/// One operation.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Node {
    /// The operator's name, as in `MatMul`.
    pub op: String,
    /// The operator's domain; empty for ONNX's own.
    pub domain: String,
    /// Names of what it takes; empty for one left out.
    pub inputs: Vec<String>,
    /// Names of what it makes.
    pub outputs: Vec<String>,
    /// Its attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
}

/// An attribute's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    /// A number.
    Float(f32),
    /// A whole number.
    Int(i64),
    /// Whole numbers.
    Ints(Vec<i64>),
}
