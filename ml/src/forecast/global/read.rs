//! The networks of a forecaster's file, read back from its constants.

use super::forecaster::Forecaster;
use super::frame::Frame;
use super::net::Sizes;
use crate::onnx::{Limits, Model, Tensor, Values, read};
use crate::{MlError, Result};

impl Forecaster {
    /// Reads a file that [`Forecaster::model`] made, and nothing else: its constants are taken by
    /// their order.
    ///
    /// # Errors
    ///
    /// What [`read`] says of a damaged file; [`MlError::ModelMismatch`] for a file of another form.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let model = read(bytes, &Limits::default())?;
        let frame = Frame::of(&model)?;
        networks(&model, frame).ok_or_else(|| {
            MlError::ModelMismatch("its constants are not those of its form".to_owned())
        })
    }
}

/// Takes the constants in the order in which the graph's writer makes them.
fn networks(model: &Model, frame: Frame) -> Option<Forecaster> {
    let matrices: Vec<(&Tensor, &[f32])> = model.tensors.iter().filter_map(floats).collect();
    let (enter, _) = matrices.first()?;
    let [inputs, width] = *enter.shape.as_slice() else {
        return None;
    };
    // Before the way out stand the way in with its bias, and three of each block, of which a bias
    // comes second; a matrix comes second on the way out.
    let blocks = matrices.iter().skip(3).step_by(3);
    let blocks = blocks.take_while(|(tensor, _)| tensor.shape.len() == 1);
    let sizes = Sizes {
        inputs,
        outputs: frame.outputs(),
        width,
        blocks: blocks.count(),
    };
    let layout = sizes.layout();
    let parts = layout.parts();
    if inputs != frame.inputs() || !matrices.len().is_multiple_of(parts.len()) {
        return None;
    }
    let mut members = Vec::new();
    for matrices in matrices.chunks_exact(parts.len()) {
        let mut weights = vec![0.0; layout.count];
        for (part, (_, values)) in parts.iter().zip(matrices) {
            let place = weights.get_mut(part.range.clone())?;
            if place.len() != values.len() {
                return None;
            }
            place.copy_from_slice(values);
        }
        members.push(weights);
    }
    Some(Forecaster {
        frame,
        sizes,
        members,
        widths: widths(model)?,
    })
}

/// A constant that is no lone number.
fn floats(tensor: &Tensor) -> Option<(&Tensor, &[f32])> {
    match &tensor.values {
        Values::Float(values) if !tensor.shape.is_empty() => Some((tensor, values)),
        _ => None,
    }
}

/// The factors of the widths: the two numbers behind the first network's places.
fn widths(model: &Model) -> Option<[f32; 2]> {
    let lone = |tensor: &Tensor| match &tensor.values {
        Values::Float(values) if tensor.shape.is_empty() => values.first().copied(),
        _ => None,
    };
    let networks = model.tensors.iter().skip_while(|it| floats(it).is_none());
    let mut numbers = networks.filter_map(lone);
    Some([numbers.next()?, numbers.next()?])
}
