//! `Idempotency-Key`: a repeated request gets the first one's answer and does nothing again.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use db::{Document, Time};
use models::ArtistId;
use models::idempotency::{self, Remembered};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::error::Problem;

/// The header's name.
pub const HEADER: &str = "Idempotency-Key";
/// Set on an answer that was given before.
const REPLAYED: &str = "Idempotent-Replayed";
const LONGEST: usize = 255;

/// The caller's key, when it sent one.
pub struct Key(Option<String>);

impl Key {
    /// No key: the act is done as often as it is asked for.
    pub fn none() -> Self {
        Self(None)
    }

    /// Reads and checks the header.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let Some(value) = request.headers().get(HEADER) else {
            return Ok(Self(None));
        };
        value
            .to_str()
            .ok()
            .filter(|key| (1..=LONGEST).contains(&key.len()))
            .map(|key| Self(Some(key.to_owned())))
            .ok_or_else(|| {
                Problem::bad_request(
                    "bad_idempotency_key",
                    format!("{HEADER} must be 1 to {LONGEST} printable ASCII characters."),
                )
                .field(HEADER)
            })
    }

    /// Keeps `answer` under the key, inside the act's own transaction, or gives back the answer
    /// that the key has had before (`Some`: the act must not be done again).
    pub async fn remember<T: Serialize + DeserializeOwned>(
        &self,
        db: &mut db::Db,
        artist: ArtistId,
        request: &[&[u8]],
        answer: &T,
        now: Time,
    ) -> Result<Option<T>, Problem> {
        let Some(key) = &self.0 else { return Ok(None) };
        let answer = serde_json::to_value(answer).map_err(|e| Problem::internal(&e))?;
        let (request, answer) = (fingerprint(request), Document(answer));
        match idempotency::remember(db, artist, key, &request, &answer, now).await? {
            Remembered::Fresh => Ok(None),
            Remembered::Replay(Document(answer)) => serde_json::from_value(answer)
                .map(Some)
                .map_err(|e| Problem::internal(&e)),
            Remembered::Reused => Err(Problem::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                "This key was sent before with another request. Use a fresh key for each act.",
            )
            .field(HEADER)),
        }
    }
}

/// The answer to an act: where to follow it, and whether it was given before.
pub fn answer<T: Serialize>(
    mut answer: HttpResponseBuilder,
    location: String,
    shown: &T,
    replayed: bool,
) -> HttpResponse {
    answer.insert_header((LOCATION, location));
    if replayed {
        answer.insert_header((REPLAYED, "true"));
    }
    answer.json(shown)
}

/// SHA-256 over the parts, each with its length before it, so that parts can't flow together.
fn fingerprint(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}
