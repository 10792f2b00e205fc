//! Traces: one id for a request, the jobs that it led to, and what they did outside.
//!
//! The id is that of W3C Trace Context (<https://www.w3.org/TR/trace-context/>). Spans carry it as
//! `trace.id`, so that whoever gathers the logs of many processes can join them.

use std::fmt;
use std::str::FromStr;

use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::JobId;

tokio::task_local! {
    static CURRENT: TraceId;
}

db::id! {
    /// A trace id as a column's value.
    pub(crate) TraceKey
}

/// The id of a trace: 16 bytes, not all zero; shown as 32 lower-case hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceId(Uuid);

impl TraceId {
    /// A trace that begins here.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The trace that a caller's `traceparent` header names; none when the header is not of
    /// version 00's form. Of a later version the first four fields count, as the standard wants.
    #[must_use]
    pub fn of_traceparent(header: &str) -> Option<Self> {
        let mut fields = header.trim().split('-');
        let version = fields.next().filter(|text| is_hex(text, 2))?;
        let trace = fields.next()?;
        let parent = fields.next().filter(|text| is_hex(text, 16))?;
        fields.next().filter(|text| is_hex(text, 2))?;
        let known = match version {
            "ff" => false,
            "00" => fields.next().is_none(),
            _ => true,
        };
        let named = known && parent.bytes().any(|digit| digit != b'0');
        trace.parse().ok().filter(|_| named)
    }

    /// The trace in whose [`Self::scope`] this is called. A task that is spawned there is not in
    /// it by itself.
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(|current| *current).ok()
    }

    /// Runs `future` within the trace: jobs that it makes belong to it.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// That of a job: the one it was made in, or the one it began.
    pub(crate) fn of_job(id: JobId, made_in: Option<TraceKey>) -> Self {
        Self(made_in.map_or(id.uuid(), TraceKey::uuid))
    }

    pub(crate) fn key(self) -> TraceKey {
        TraceKey(self.0)
    }
}

/// The text is no trace id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trace id has 32 lower-case hexadecimal digits, not all zero")]
pub struct NotATraceId;

impl FromStr for TraceId {
    type Err = NotATraceId;

    fn from_str(text: &str) -> Result<Self, NotATraceId> {
        let id = Uuid::try_parse(text).map_err(|_| NotATraceId)?;
        (is_hex(text, 32) && !id.is_nil())
            .then_some(Self(id))
            .ok_or(NotATraceId)
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(f)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_traceparent_names_its_trace() {
        let shown = |header: &str| TraceId::of_traceparent(header).map(|id| id.to_string());
        for fine in [
            format!("00-{ID}-00f067aa0ba902b7-01"),
            format!("00-{ID}-00f067aa0ba902b7-00"),
            format!("01-{ID}-00f067aa0ba902b7-01-what-comes-later"),
        ] {
            assert_eq!(shown(&fine).as_deref(), Some(ID), "{fine}");
        }
    }

    #[test]
    fn what_the_standard_calls_invalid_names_none() {
        for wrong in [
            String::new(),
            ID.to_owned(),
            format!("00-{ID}-00f067aa0ba902b7"),
            format!("00-{ID}-00f067aa0ba902b7-01-more"),
            format!("ff-{ID}-00f067aa0ba902b7-01"),
            format!("00-{}-00f067aa0ba902b7-01", ID.to_uppercase()),
            format!("00-{}-00f067aa0ba902b7-01", "0".repeat(32)),
            format!("00-{ID}-0000000000000000-01"),
            format!("00-{ID}é-00f067aa0ba902b7-01"),
        ] {
            assert_eq!(TraceId::of_traceparent(&wrong), None, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_scope_ends_with_its_future() {
        let id = TraceId::random();
        let within = id.scope(async { TraceId::current() }).await;
        assert_eq!((within, TraceId::current()), (Some(id), None));
    }
}
