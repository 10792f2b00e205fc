//! One measured figure.

use std::time::Duration;

use serde::Serialize;

/// A figure with what it was measured under. As JSON it is one flat object.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// The mode's word.
    pub mode: String,
    /// `postgres` or `sqlite`.
    pub store: String,
    /// The settings that matter to it, as `name=value` words.
    pub settings: String,
    /// How many jobs were measured.
    pub jobs: u64,
    /// How long they took, seconds.
    pub seconds: f64,
    /// Jobs a second.
    pub per_second: f64,
    /// The median of single waits, milliseconds, where waits were measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_ms: Option<f64>,
    /// The 99th percentile of the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_ms: Option<f64>,
    /// The longest of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_ms: Option<f64>,
}

impl Figure {
    pub(crate) fn new(
        mode: &str,
        store: &str,
        settings: String,
        jobs: u64,
        took: Duration,
    ) -> Self {
        let seconds = took.as_secs_f64();
        Self {
            mode: mode.to_owned(),
            store: store.to_owned(),
            settings,
            jobs,
            seconds,
            per_second: jobs as f64 / seconds.max(f64::MIN_POSITIVE),
            p50_ms: None,
            p99_ms: None,
            max_ms: None,
        }
    }

    pub(crate) fn with_waits(mut self, mut waits: Vec<Duration>) -> Self {
        waits.sort_unstable();
        let at = |share: f64| {
            let last = waits.len().saturating_sub(1);
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of a count is a count"
            )]
            let index = (last as f64 * share).round() as usize;
            waits.get(index).map(|wait| wait.as_secs_f64() * 1e3)
        };
        (self.p50_ms, self.p99_ms, self.max_ms) = (at(0.5), at(0.99), at(1.0));
        self
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:<20} {:<9} {:>9} jobs {:>9.3} s {:>10.0}/s",
            self.mode, self.store, self.jobs, self.seconds, self.per_second
        )?;
        if let (Some(p50), Some(p99), Some(max)) = (self.p50_ms, self.p99_ms, self.max_ms) {
            write!(f, "  p50 {p50:.2} p99 {p99:.2} max {max:.2} ms")?;
        }
        write!(f, "  {}", self.settings)
    }
}
