//! The one place where errors become HTTP: problem details (RFC 9457) with a stable code.

use std::borrow::Cow;
use std::fmt;

use ::jobs::erasing::NotErased;
use ::jobs::insight::Refusal;
use ::jobs::sentence;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use utoipa::ToSchema;

/// What a refused or failed request answers, as `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// A URN that names the kind of problem: `urn:maxbooster:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The HTTP status in words.
    pub title: &'static str,
    /// The HTTP status.
    #[serde(skip)]
    #[schema(ignore)]
    pub http: StatusCode,
    /// The HTTP status as a number.
    pub status: u16,
    /// Stable machine code, `snake_case`. Programs should match on this and on nothing else.
    pub code: Cow<'static, str>,
    /// What was wrong, in plain words, naming the rule.
    pub detail: String,
    /// The field, parameter or header at fault, when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Cow<'static, str>>,
    /// Each of several faults, where a request has many parts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Box<[FieldFault]>>,
    /// The request's id, also in the `X-Request-Id` header and in the log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// Seconds after which trying again makes sense; sent as `Retry-After`.
    #[serde(skip)]
    #[schema(ignore)]
    pub retry_after_seconds: Option<u64>,
    /// How long the thing is of which no such part was there; sent as `Content-Range`.
    #[serde(skip)]
    #[schema(ignore)]
    pub whole_bytes: Option<u64>,
}

/// One of several faults of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct FieldFault {
    /// Which part, counted from 0.
    pub index: usize,
    /// The field of it at fault; empty where it is the part as a whole.
    pub field: Cow<'static, str>,
    /// The rule that it breaks.
    pub rule: Cow<'static, str>,
}

impl Problem {
    /// A problem with its status, stable code and explanation.
    pub fn new(
        http: StatusCode,
        code: impl Into<Cow<'static, str>>,
        detail: impl Into<String>,
    ) -> Self {
        let code = code.into();
        Self {
            kind: format!("urn:maxbooster:problem:{code}"),
            title: http.canonical_reason().unwrap_or("Error"),
            http,
            status: http.as_u16(),
            code,
            detail: detail.into(),
            field: None,
            errors: None,
            request_id: None,
            retry_after_seconds: None,
            whole_bytes: None,
        }
    }

    /// 400: the request itself is malformed.
    pub fn bad_request(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// 422: well formed, but against a rule; `field` names where.
    pub fn invalid(
        field: impl Into<Cow<'static, str>>,
        code: &'static str,
        detail: impl Into<String>,
    ) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail).field(field)
    }

    /// 404: no such thing, or somebody else's: the two are never told apart.
    pub fn not_found(what: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            format!("There is no such {what}."),
        )
    }

    /// 416: the file has no byte of the range that was asked for.
    pub fn no_such_range(whole_bytes: u64) -> Self {
        let detail = format!("The range lies outside the file, which has {whole_bytes} bytes.");
        let mut problem =
            Self::new(StatusCode::RANGE_NOT_SATISFIABLE, "no_such_range", detail).field("Range");
        problem.whole_bytes = Some(whole_bytes);
        problem
    }

    /// 500 with nothing of the cause in it; the cause goes to the log, here, once.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        tracing::error!(error = %cause, "request failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "Something went wrong on our side. Nothing you sent before was lost; the log has the \
             details under this request's id.",
        )
    }

    /// 503: a part we need doesn't answer right now.
    pub fn unavailable(cause: &dyn fmt::Display) -> Self {
        tracing::warn!(error = %cause, "a needed part is unavailable");
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "unavailable",
            "A part of the platform is not answering. Try again shortly.",
        )
        .retry_after(2)
    }

    /// Names the field, parameter or header at fault.
    #[must_use]
    pub fn field(mut self, field: impl Into<Cow<'static, str>>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// Says when to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.http
    }

    /// The body is written again by `request_id`, which knows the request's id.
    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.http);
        response.content_type("application/problem+json");
        if let Some(seconds) = self.retry_after_seconds {
            response.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(bytes) = self.whole_bytes {
            response.insert_header((header::CONTENT_RANGE, format!("bytes */{bytes}")));
        }
        if self.http == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut response = response.json(self);
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<db::DbError> for Problem {
    fn from(error: db::DbError) -> Self {
        if error.is_transient() {
            Self::unavailable(&error)
        } else if error.is_foreign_key() {
            Self::new(
                StatusCode::CONFLICT,
                "gone",
                "What this belongs to was erased meanwhile.",
            )
        } else {
            Self::internal(&error)
        }
    }
}

impl From<queue::QueueError> for Problem {
    fn from(error: queue::QueueError) -> Self {
        match error {
            queue::QueueError::Db(error) => error.into(),
            queue::QueueError::Invalid { .. }
            | queue::QueueError::InvalidSchedule { .. }
            | queue::QueueError::InvalidLimit { .. }
            | queue::QueueError::TooLarge { .. } => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                let problem = Self::new(status, error.code(), error.to_string());
                match error.field() {
                    Some(field) => problem.field(field),
                    None => problem,
                }
            }
            queue::QueueError::OperatorsOnly => {
                Self::new(StatusCode::FORBIDDEN, "operators_only", error.to_string())
            }
            other => Self::internal(&other),
        }
    }
}

impl From<NotErased> for Problem {
    fn from(error: NotErased) -> Self {
        match &error {
            NotErased::NotFound => Self::not_found("artist"),
            NotErased::EffectsUnsettled(_) | NotErased::StillRunning(_) => Self::new(
                StatusCode::CONFLICT,
                error.code(),
                sentence(&error.to_string()),
            ),
            NotErased::Unavailable(cause) => Self::unavailable(cause),
            NotErased::Internal(cause) => Self::internal(cause),
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotFound(what) => Self::not_found(what),
            Refusal::Broken { field, code, rule } => Self::invalid(field, code, rule),
            Refusal::Unservable { code, message } => {
                tracing::error!(code, %message, "a version of a model can't serve");
                Self::new(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    code,
                    "The version is not what it was when it was made, and does not answer. \
                     Another can be promoted.",
                )
            }
            Refusal::Unavailable(cause) => Self::unavailable(&cause),
            Refusal::Internal(cause) => Self::internal(&cause),
        }
    }
}

impl From<storage::StorageError> for Problem {
    fn from(error: storage::StorageError) -> Self {
        match &error {
            storage::StorageError::TooLarge { limit_bytes } => Self::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("The file is larger than the limit of {limit_bytes} bytes."),
            ),
            // What a row names is not there, or is not what the row says: no waiting mends that.
            storage::StorageError::NotFound { .. }
            | storage::StorageError::BadKey { .. }
            | storage::StorageError::BadRange { .. }
            | storage::StorageError::BadOptions { .. } => Self::internal(&error),
            storage::StorageError::Full(_)
            | storage::StorageError::Disk(_)
            | storage::StorageError::Server(_) => Self::unavailable(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use storage::StorageError;

    #[test]
    fn only_what_may_pass_by_itself_asks_to_try_again() {
        let lost = StorageError::NotFound { key: "k".into() };
        let outside = StorageError::BadRange {
            start: 5,
            end: 6,
            size_bytes: 4,
        };
        let misnamed = StorageError::BadKey {
            given: "../k".into(),
            rule: "a rule",
        };
        for error in [lost, outside, misnamed] {
            let problem = Problem::from(error);
            assert_eq!((problem.status, problem.retry_after_seconds), (500, None));
        }
        let full = std::io::Error::from(std::io::ErrorKind::StorageFull);
        let problem = Problem::from(StorageError::from(full));
        assert_eq!(
            (problem.status, problem.retry_after_seconds),
            (503, Some(2))
        );
    }
}
