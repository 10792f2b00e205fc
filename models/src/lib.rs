//! The product's own rows and the queries on them, written once for both databases.
//!
//! Every row that belongs to an artist carries its id, and every query on one takes it: an id
//! from outside never implies ownership.

pub mod accounts;
pub mod albums;
pub mod analyses;
pub mod analytics;
pub mod artifacts;
pub mod datasets;
pub mod erasing;
pub mod idempotency;
pub mod ids;
pub mod masters;
pub mod metrics;
pub mod operators;
pub mod registry;
mod schema;
pub mod settings;
pub mod tokens;
pub mod track_isrcs;
pub mod tracks;
pub mod trainings;
pub mod upkeep;

pub use ids::{
    AlbumId, AnalysisId, ArtistId, CheckId, DatasetId, ImportId, JobId, MasterId, MoveId,
    OperatorId, OwnerId, ScheduleId, TokenId, TrackId, TrainingId, UpkeepId,
};
