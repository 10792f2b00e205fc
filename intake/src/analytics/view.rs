//! A stored result as the API shows it.

use chrono::{DateTime, Utc};
use models::analytics::KeptResult;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is known, or what is missing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Analytics {
    /// `ready`; `not_enough_data`, and `missing` says what; or `not_computed`: no metrics of this
    /// kind have been handed in, or the job is still to come.
    #[schema(example = "ready")]
    pub status: String,
    /// What would be needed.
    pub missing: Vec<Missing>,
    /// The figures, with the method and its version, the window of days they were made from,
    /// intervals, and how good the method was on days that it had not seen (`held_out`).
    #[schema(value_type = Option<Object>)]
    pub result: Option<Value>,
    /// When it was computed.
    pub computed_at: Option<DateTime<Utc>>,
    /// By which job.
    pub job_id: Option<Uuid>,
}

/// Something that there is too little of.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Missing {
    /// What.
    #[schema(example = "days of history")]
    pub what: String,
    /// How much is needed.
    pub needed: u64,
    /// How much is there.
    pub there: u64,
}

impl Analytics {
    /// Of a result that is there, or isn't yet.
    pub fn of(kept: Option<KeptResult>) -> Self {
        let Some(kept) = kept else {
            return Self {
                status: "not_computed".to_owned(),
                missing: Vec::new(),
                result: None,
                computed_at: None,
                job_id: None,
            };
        };
        let mut result = kept.result.0;
        let fields = result.as_object_mut();
        let status = fields.and_then(|fields| fields.remove("status"));
        let status = status.as_ref().and_then(Value::as_str).unwrap_or("ready");
        let ready = status == "ready";
        let missing = result.get_mut("missing").map(Value::take);
        let missing = missing.and_then(|missing| serde_json::from_value(missing).ok());
        Self {
            status: status.to_owned(),
            missing: missing.unwrap_or_default(),
            result: ready.then_some(result),
            computed_at: Some(kept.computed_at.into()),
            job_id: Some(kept.job_id.uuid()),
        }
    }

    /// With the first `horizon` of its `days`; they are missing where it has fewer.
    #[must_use]
    pub fn within(mut self, horizon: u16) -> Self {
        let days = self
            .result
            .as_mut()
            .and_then(|result| result.get_mut("days"));
        let Some(Value::Array(days)) = days else {
            return self;
        };
        let there = days.len();
        if there >= usize::from(horizon) {
            days.truncate(horizon.into());
            return self;
        }
        "not_enough_data".clone_into(&mut self.status);
        self.missing = vec![Missing {
            what: "days that the history reaches to forecast".to_owned(),
            needed: horizon.into(),
            there: there as u64,
        }];
        self.result = None;
        self
    }

    /// With the names of the series that it is about.
    #[must_use]
    pub fn about(mut self, metric: &str, source: &str, track: &str) -> Self {
        if let Some(result) = &mut self.result {
            result["series"] = json!({ "metric": metric, "source": source, "track": track });
        }
        self
    }
}
