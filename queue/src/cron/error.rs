//! What can be wrong with a cron expression.

/// An expression or a zone that cannot be a schedule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct CronError {
    /// The field: `second`, `minute`, `hour`, `day of month`, `month`, `day of week`, `zone` or
    /// `expression`.
    pub field: &'static str,
    /// What is wrong with it, and what would not be.
    pub message: String,
}

impl CronError {
    pub(super) fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self {
            field,
            message: message.into(),
        }
    }
}
