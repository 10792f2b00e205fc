//! The registry's pure part: what a version of a model is, how it is loaded, and where loaded ones
//! are kept.
//!
//! A [`Bundle`] is one string of bytes that holds metadata and weights; its [`Version`] is their
//! SHA-256. [`load`] lets a version answer only after checksum, tenant, schema and golden rows were
//! found right, in this order. [`Cache`] keeps what was loaded, by tenant, model and version:
//! nothing is ever shared between tenants, however equal its bytes. [`Models`] is both together.
//!
//! No input or output happens here: whoever asks brings the bytes.

mod bundle;
mod cache;
mod canonical;
mod kept;
mod key;
mod load;
mod metadata;
mod models;
#[cfg(test)]
mod tests;
mod weights;

pub use bundle::{About, Bundle};
pub use cache::{Cache, CacheLimits, Held};
pub use key::{Key, Version};
pub use load::{Served, TOLERANCE, load};
pub use metadata::{DataWindow, Golden, Input, Metadata, Task, Trainer};
pub use models::Models;
