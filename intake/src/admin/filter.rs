//! Which jobs, as an operator asks for them.

use chrono::{DateTime, Utc};
use queue::{Between, Filter, PayloadField, State};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::error::Problem;
use crate::page::PageQuery;

/// Which jobs; all that is given must be met. Times are from the first, until before the second.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct JobFilter {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those of this artist.
    pub artist: Option<Uuid>,
    /// Only those whose newest attempt failed with this code.
    pub error: Option<String>,
    /// Only those enqueued at or after this time.
    pub created_from: Option<DateTime<Utc>>,
    /// Only those enqueued before it.
    pub created_until: Option<DateTime<Utc>>,
    /// Only those that ended at or after it.
    pub finished_from: Option<DateTime<Utc>>,
    /// Only those that ended before it.
    pub finished_until: Option<DateTime<Utc>>,
    /// Only those whose payload has this value: `track_id=…`, `target.name=loud`.
    pub payload: Option<String>,
}

/// A filter and a page in a query string, which holds both without layers.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct JobsQuery {
    /// Only those in this state.
    pub state: Option<String>,
    /// Only those of this kind.
    pub kind: Option<String>,
    /// Only those of this queue.
    pub queue: Option<String>,
    /// Only those of this artist.
    pub artist: Option<Uuid>,
    /// Only those whose newest attempt failed with this code.
    pub error: Option<String>,
    /// Only those enqueued at or after this time.
    pub created_from: Option<DateTime<Utc>>,
    /// Only those enqueued before it.
    pub created_until: Option<DateTime<Utc>>,
    /// Only those that ended at or after it.
    pub finished_from: Option<DateTime<Utc>>,
    /// Only those that ended before it.
    pub finished_until: Option<DateTime<Utc>>,
    /// Only those whose payload has this value: `track_id=…`, `target.name=loud`.
    pub payload: Option<String>,
    /// How many items, 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u16>,
    /// `next_cursor` of the page before.
    pub cursor: Option<String>,
}

impl JobsQuery {
    /// The filter and the page.
    pub fn split(self) -> (JobFilter, PageQuery) {
        let filter = JobFilter {
            state: self.state,
            kind: self.kind,
            queue: self.queue,
            artist: self.artist,
            error: self.error,
            created_from: self.created_from,
            created_until: self.created_until,
            finished_from: self.finished_from,
            finished_until: self.finished_until,
            payload: self.payload,
        };
        let page = PageQuery {
            limit: self.limit,
            cursor: self.cursor,
        };
        (filter, page)
    }
}

impl JobFilter {
    /// The queue's filter.
    pub fn read(self) -> Result<Filter, Problem> {
        let payload = self.payload.as_deref().map(PayloadField::parse).transpose();
        let payload = payload.map_err(|error| Problem::from(error).field("payload"))?;
        Ok(Filter {
            state: self.state.as_deref().map(state).transpose()?,
            kind: self.kind,
            queue: self.queue,
            tenant_id: self.artist,
            error_code: self.error,
            created: Between {
                from: self.created_from.map(Into::into),
                until: self.created_until.map(Into::into),
            },
            finished: Between {
                from: self.finished_from.map(Into::into),
                until: self.finished_until.map(Into::into),
            },
            payload: payload.into_iter().collect(),
        })
    }
}

/// The state that a word names.
pub fn state(word: &str) -> Result<State, Problem> {
    word.parse().map_err(|_| {
        let words: Vec<_> = State::ALL.iter().map(|state| state.as_str()).collect();
        let rule = format!("state must be one of {}.", words.join(", "));
        Problem::invalid("state", "unknown_state", rule)
    })
}
