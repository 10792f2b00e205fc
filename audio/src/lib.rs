//! Pure DSP: decode a track, measure it, master it, encode it.
//!
//! No files, no network, and threads only for coding FLAC: everything comes in through [`ReadSeek`]
//! and goes out through [`Destination`], and whatever must be kept between passes goes into a
//! [`Workspace`] that the caller provides. Audio streams through in blocks, so memory
//! stays bounded whatever the length of the track.
//!
//! Levels are in decibels: LUFS and LU after ITU-R BS.1770-5 and EBU Tech 3341/3342, dBTP for
//! true peaks, dBFS for sample peaks. Samples are `f32` with full scale at 1.0, interleaved.

pub mod analysis;
pub mod codec;
pub mod control;
pub mod decode;
mod encode;
pub mod error;
mod kernel;
pub mod limits;
pub mod master;
pub mod meter;
mod overview;
pub mod page;
#[doc(hidden)]
pub mod parts;
pub mod preset;
mod stage;
pub mod streams;

pub use analysis::{Analyser, Analysis, Fault, Wants, faults};
pub use control::{Control, Stage, Unwatched};
pub use decode::{Source, SourceInfo, Tags};
pub use error::{AudioError, Result};
pub use limits::Limits;
pub use master::report::Report;
pub use meter::{Band, Measurement, measure};
pub use preset::Preset;
pub use streams::{Destination, ReadSeek, Scratch, Workspace, WriteSeek};
