//! JSON bodies: read whole, refused by field.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Payload};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::error::Problem;

/// The body as `T`: 400 `bad_json` when it isn't JSON, 422 `invalid_field` when a field of it is
/// missing, unknown or of the wrong type.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        if error.inner().classify() != Category::Data {
            return malformed(error.inner());
        }
        let (field, detail) = (error.path().to_string(), error.inner().to_string());
        let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_field", detail);
        // The path of the whole body is a dot; what is missing is named in the detail.
        if field == "." {
            problem
        } else {
            problem.field(field)
        }
    })?;
    reader.end().map_err(|error| malformed(&error))?;
    Ok(value)
}

/// The body's bytes; 413 `too_large` when there are more than the server takes of anything but an
/// upload.
pub fn whole(body: Result<Bytes, actix_web::Error>) -> Result<Bytes, Problem> {
    body.map_err(|error| match error.as_response_error().status_code() {
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            "The body is larger than any such request needs to be.",
        ),
        _ => Problem::bad_request(
            "upload_interrupted",
            format!("The body ended early: {error}."),
        ),
    })
}

/// The body's bytes, for an endpoint that takes more than the server does elsewhere; 413
/// `too_large` beyond `most_bytes`.
pub async fn up_to(body: Payload, most_bytes: usize) -> Result<Bytes, Problem> {
    match body.to_bytes_limited(most_bytes).await {
        Ok(read) => whole(read),
        Err(_) => Err(Problem::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            "too_large",
            format!("The body is larger than {most_bytes} bytes."),
        )),
    }
}

fn malformed(error: &serde_json::Error) -> Problem {
    Problem::bad_request("bad_json", format!("The body is not JSON: {error}."))
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wish {
        #[serde(rename = "loudness")]
        _loudness: f64,
    }

    #[test]
    fn a_field_of_the_wrong_type_is_named() {
        let problem = json::<Wish>(br#"{"loudness": "loud"}"#).unwrap_err();
        assert_eq!(
            (problem.status, problem.field.as_deref()),
            (422, Some("loudness"))
        );
    }

    #[test]
    fn what_is_not_json_is_told_apart() {
        for body in [&b"{"[..], b"", b"loud", br#"{"loudness": 1} x"#] {
            assert_eq!(json::<Wish>(body).unwrap_err().code, "bad_json");
        }
    }
}
