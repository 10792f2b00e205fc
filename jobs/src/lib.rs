//! Job contracts, one file a kind: what a job of that kind is asked (payload), what comes of it
//! (output), and how it is treated (policy). No bodies: this is what the intake and the docs know.

mod master_track;

pub use master_track::{MasterTrack, MasterTrackOutput};
pub use queue::Contract;

/// Every queue that a worker may be told to drain.
pub const QUEUES: &[&str] = &["studio", "delivery", "social", "ads", "insight", "mail"];

/// Every kind there is by its name, in alphabetical order.
pub const KINDS: &[&str] = &[MasterTrack::KIND];
