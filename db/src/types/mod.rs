//! Column types that both stores understand, and the Rust types that go into them.

mod id;
mod json;
mod text_enum;
mod time;
mod uuid;

pub use json::{DbJson, Document, Json};
pub use text_enum::UnknownWord;
pub use time::{DbTime, OutOfRange, Time};
pub use uuid::DbUuid;
