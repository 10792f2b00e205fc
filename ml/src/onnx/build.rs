//! Puts a graph together, operation by operation, with names made up on the way.

use super::BATCH;
use super::model::{Attribute, Dim, Element, Model, Node, Port, Tensor, Values};

/// A model that grows. Names it makes are `c0`, `c1`, … for constants and `v0`, `v1`, … for values.
#[derive(Debug, Default)]
pub struct Builder {
    model: Model,
}

impl Builder {
    /// An empty model of this name.
    pub fn new(name: &str) -> Self {
        let model = Model {
            name: name.to_owned(),
            ..Model::default()
        };
        Self { model }
    }

    /// An input of shape \[N, …sizes\]; returns its name.
    pub fn input(&mut self, name: &str, sizes: &[usize]) -> String {
        self.model.inputs.push(port(name, sizes));
        name.to_owned()
    }

    /// A constant of floats; returns its name.
    pub fn floats(&mut self, shape: &[usize], values: Vec<f32>) -> String {
        self.constant(shape, Values::Float(values))
    }

    /// A constant of integers; returns its name.
    pub fn ints(&mut self, shape: &[usize], values: Vec<i64>) -> String {
        self.constant(shape, Values::Int64(values))
    }

    /// A float without a shape; returns its name.
    pub fn scalar(&mut self, value: f32) -> String {
        self.floats(&[], vec![value])
    }

    fn constant(&mut self, shape: &[usize], values: Values) -> String {
        let name = format!("c{}", self.model.tensors.len());
        self.model.tensors.push(Tensor {
            name: name.clone(),
            shape: shape.to_vec(),
            values,
        });
        name
    }

    /// An operation with one result; returns the result's name.
    pub fn op(&mut self, op: &str, inputs: &[&str]) -> String {
        self.op_with(op, inputs, &[])
    }

    /// An operation with attributes and one result; returns the result's name.
    pub fn op_with(
        &mut self,
        op: &str,
        inputs: &[&str],
        attributes: &[(&str, Attribute)],
    ) -> String {
        let name = format!("v{}", self.model.nodes.len());
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        self.model.nodes.push(Node {
            op: op.to_owned(),
            domain: String::new(),
            inputs: inputs.iter().map(|name| (*name).to_owned()).collect(),
            outputs: vec![name.clone()],
            attributes: attributes.collect(),
        });
        name
    }

    /// Makes a value an output, under this name and of shape \[N, …sizes\].
    pub fn output(&mut self, name: &str, value: &str, sizes: &[usize]) {
        self.model.nodes.push(Node {
            op: "Identity".to_owned(),
            inputs: vec![value.to_owned()],
            outputs: vec![name.to_owned()],
            ..Node::default()
        });
        self.model.outputs.push(port(name, sizes));
    }

    /// Says something about the model.
    pub fn metadata(&mut self, key: &str, value: impl Into<String>) {
        self.model.metadata.insert(key.to_owned(), value.into());
    }

    /// The model.
    pub fn finish(self) -> Model {
        self.model
    }
}

fn port(name: &str, sizes: &[usize]) -> Port {
    let sizes = sizes.iter().map(|size| Dim::Size(*size as u64));
    Port {
        name: name.to_owned(),
        element: Element::Float,
        shape: std::iter::once(Dim::Named(BATCH.to_owned()))
            .chain(sizes)
            .collect(),
    }
}
