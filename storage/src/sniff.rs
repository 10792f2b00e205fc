//! Content recognised by its bytes, never by its name.
//!
//! The headers are read by our own parsers instead of symphonia's format readers: those for MP3,
//! FLAC and ADTS come in one package with their decoders, which the intake must not carry, and
//! they read leniently, where an upload has to be refused when a part of it is missing. All
//! lengths found in a file are claims: nothing is allocated by them, every step is bounded, and
//! each is held against the file's real size.

mod aac;
mod adts;
mod aiff;
mod caf;
mod chain;
mod error;
mod fields;
mod flac;
mod flac_tail;
mod foreign;
mod format;
mod id3;
mod limits;
mod matroska;
mod mp3;
mod mp4;
mod mp4_track;
mod ogg;
mod ogg_tail;
mod recognise;
mod riff;
mod source;
mod unsupported;
mod wave64;

pub use error::SniffError;
pub use format::Format;
pub use limits::SniffLimits;
pub use recognise::{Recognised, recognise};
