//! Gives every request an id and a trace, writes the id into answers and problems, and records the
//! request once.

use std::time::Instant;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, ResponseError};
use queue::TraceId;
use tracing::Instrument;
use uuid::Uuid;

use crate::error::Problem;

const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The trace that the caller's own work belongs to (W3C Trace Context).
const TRACE: HeaderName = HeaderName::from_static("traceparent");
/// A caller's own id is kept when it is this short and printable; else it is replaced.
const LONGEST: usize = 64;
/// The methods that metrics tell apart. A caller may send any word as a method, and each word
/// would be a series of its own for ever.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT",
];

/// Middleware: id in, id out, one log line and one metric a request. Jobs that it makes belong to
/// its trace.
pub async fn request_id(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let id = given(&request).unwrap_or_else(|| Uuid::now_v7().to_string());
    let route = request
        .match_pattern()
        .unwrap_or_else(|| "unmatched".to_owned());
    let method = request.method().clone();
    let began = Instant::now();
    let trace = traced(&request).unwrap_or_else(TraceId::random);
    let span = tracing::error_span!("request", trace.id = %trace, request.id = %id, http.method = %method, http.route = %route);

    let called = trace.scope(next.call(request));
    let answered = called.instrument(span.clone()).await?;
    let mut response = answered.map_into_boxed_body();
    let problem = response.response().extensions().get::<Problem>().cloned();
    if let Some(mut problem) = problem {
        problem.request_id = Some(id.clone());
        let (request, _) = response.into_parts();
        response = ServiceResponse::new(request, problem.error_response());
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }

    let status = response.status().as_u16();
    let elapsed = began.elapsed();
    metrics::counter!("http_requests_total", "method" => label(&method), "route" => route.clone(), "status" => status.to_string()).increment(1);
    metrics::histogram!("http_request_duration_seconds", "route" => route)
        .record(elapsed.as_secs_f64());
    let _entered = span.entered();
    tracing::info!(
        http.status = status,
        duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
        "answered"
    );
    Ok(response)
}

/// The method as a metric's label.
fn label(method: &Method) -> &'static str {
    METHODS
        .into_iter()
        .find(|known| *known == method.as_str())
        .unwrap_or("other")
}

fn traced(request: &ServiceRequest) -> Option<TraceId> {
    TraceId::of_traceparent(request.headers().get(TRACE)?.to_str().ok()?)
}

fn given(request: &ServiceRequest) -> Option<String> {
    let value = request.headers().get(HEADER)?.to_str().ok()?;
    let fine = !value.is_empty()
        && value.len() <= LONGEST
        && value
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    fine.then(|| value.to_owned())
}
