//! Bytes by name: in a local folder or in S3, streamed, hashed, and recognised by their content.
//!
//! An upload goes through a [`Spool`] (constant memory, a limit, SHA-256 on the way), is
//! recognised by [`sniff::recognise`], and gets its [`Key`] by [`Storage::put_spooled`]. Once a
//! put has returned `Ok`, the bytes survive the process's death and, in a local folder, a loss
//! of power; a crash in the middle leaves nothing under the key.

mod error;
mod fetch;
mod key;
mod local;
mod options;
mod put;
mod s3;
pub mod sniff;
mod spool;
mod store;
mod sweep;

pub use error::StorageError;
pub use key::Key;
pub use options::{Options, Place, S3Options};
pub use spool::{Spool, Spooled};
pub use store::{Entry, Meta, Storage};
