//! Job contracts, one file a kind: what a job of that kind is asked (payload), what comes of it
//! (output), and how it is treated (policy). No bodies: this is what the intake and the docs know.

mod analyze_track;
pub mod erasing;
mod import_metrics;
pub mod insight;
mod judge_challenger;
mod master_album;
mod master_track;
mod preview_master;
mod refresh_analytics;
mod refresh_stale_analytics;
mod roll_back_model;
mod sentence;
pub mod studio;
mod train_churn_model;
mod train_forecaster;
mod training;
mod watch_model;

pub use analyze_track::{AnalyzeTrack, AnalyzeTrackOutput};
pub use import_metrics::{ImportMetrics, ImportMetricsOutput};
pub use judge_challenger::JudgeChallenger;
pub use master_album::{MasterAlbum, MasterAlbumOutput};
pub use master_track::{MasterTrack, MasterTrackOutput};
pub use preview_master::PreviewMaster;
pub use queue::Contract;
pub use refresh_analytics::{RefreshAnalytics, RefreshAnalyticsOutput};
pub use refresh_stale_analytics::{RefreshStaleAnalytics, RefreshStaleAnalyticsOutput};
pub use roll_back_model::RollBackModel;
pub use sentence::sentence;
pub use train_churn_model::{TrainChurnModel, TrainChurnModelOutput};
pub use train_forecaster::{TrainForecaster, TrainForecasterOutput};
pub use training::training;
pub use watch_model::{CheckOutput, WatchModel};

/// Every queue that a worker may be told to drain.
pub const QUEUES: &[&str] = &[
    "studio", "delivery", "social", "ads", "insight", "mail", "upkeep",
];

/// Every kind there is by its name, in alphabetical order.
pub const KINDS: &[&str] = &[
    AnalyzeTrack::KIND,
    ImportMetrics::KIND,
    JudgeChallenger::KIND,
    MasterAlbum::KIND,
    MasterTrack::KIND,
    PreviewMaster::KIND,
    RefreshAnalytics::KIND,
    RefreshStaleAnalytics::KIND,
    RollBackModel::KIND,
    TrainChurnModel::KIND,
    TrainForecaster::KIND,
    WatchModel::KIND,
];
