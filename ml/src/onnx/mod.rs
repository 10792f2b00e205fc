//! Model files: a small writer and reader of ONNX that knows plain operators only.
//!
//! The format is Protocol Buffers after `onnx.proto` of ONNX 1.12 (IR version 8, opset 17). A file
//! written here is canonical – one model, one sequence of bytes – and carries the SHA-256 of itself
//! under the metadata key `digest`, so that a file with any byte changed is refused by [`read`]
//! before a runtime sees it.

mod build;
mod check;
mod decode;
mod encode;
mod model;
mod wire;

pub use build::Builder;
pub(crate) use check::read_any;
pub use check::{Limits, OPERATORS, read, read_foreign};
pub use encode::encode;
pub use model::{Attribute, Dim, Element, Model, Node, Port, Tensor, Values};

/// Version of the format's frame.
pub const IR_VERSION: i64 = 8;
/// Version of the operators.
pub const OPSET: i64 = 17;
/// The name of the dimension that counts a batch's rows.
pub const BATCH: &str = "N";
/// The metadata key of the file's own SHA-256.
pub const DIGEST: &str = "digest";

#[cfg(test)]
mod tests;
