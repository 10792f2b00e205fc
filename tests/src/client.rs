//! A small caller of the platform's API.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "an answer of another shape must fail the test loudly"
)]

use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, RequestBuilder, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::events::Events;
use crate::music::Music;
use crate::program::patiently;

/// A caller with a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: Option<String>,
}

/// Whatever came back.
#[derive(Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Vec<u8>,
}

/// A track, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct Track {
    pub id: String,
    pub filename: String,
    pub format: String,
    pub sample_rate_hz: u32,
    pub channels: u16,
    pub bits: Option<u16>,
    pub duration_seconds: Option<f64>,
    pub size_bytes: u64,
    pub sha256: String,
}

/// A master, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct Master {
    pub id: String,
    pub job_id: String,
    pub track_id: String,
    pub state: String,
    pub progress: f32,
    pub error: Option<JobError>,
    pub result: Option<MasterResult>,
    pub settings: Value,
    pub files: Vec<MadeFile>,
}

/// An analysis, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct Analysis {
    pub id: String,
    pub job_id: String,
    pub track_id: String,
    pub state: String,
    pub result: Option<Value>,
    pub files: Vec<MadeFile>,
}

/// A file that a job made.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct MadeFile {
    pub name: String,
    pub format: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
    pub url: String,
}

/// The result of a master.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct MasterResult {
    pub filename: String,
    pub media_type: String,
    pub size_bytes: u64,
    pub sha256: String,
    pub report: Value,
}

/// A job, as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct Job {
    pub id: String,
    pub kind: String,
    pub queue: String,
    pub state: String,
    pub progress: f32,
    pub stage: Option<String>,
    pub attempt: i32,
    pub max_attempts: i32,
    pub error: Option<JobError>,
    pub output: Option<Value>,
    pub finished_at: Option<String>,
}

/// Why an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct JobError {
    pub code: String,
    pub message: String,
}

/// A page of a list.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "the API's own documents say it")]
pub struct Page {
    pub items: Vec<Value>,
    pub next_cursor: Option<String>,
}

impl Job {
    /// Whether nothing more will happen to it.
    pub fn is_finished(&self) -> bool {
        matches!(self.state.as_str(), "done" | "cancelled" | "dead")
    }
}

impl Answer {
    /// The body, when the status is the expected one.
    ///
    /// # Panics
    /// When it is another.
    #[expect(
        clippy::return_self_not_must_use,
        reason = "that it did not panic is often all that is wanted"
    )]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(
            self.status,
            status,
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        self
    }

    /// The body as JSON of a type.
    pub fn json<T: DeserializeOwned>(&self) -> T {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// A header, empty when it is absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The code of a refusal with this status, checked to be a whole problem document.
    ///
    /// # Panics
    /// When it is not one.
    pub fn problem(&self, status: u16) -> String {
        let text = String::from_utf8_lossy(&self.body);
        assert_eq!(self.status, status, "{text}");
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{text}"
        );
        let problem: Value = self.json();
        let word = |name: &str| {
            problem
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let code = word("code").to_owned();
        assert_eq!(word("type"), format!("urn:maxbooster:problem:{code}"));
        assert_eq!(problem.get("status"), Some(&Value::from(status)));
        assert!(
            !code.is_empty() && !word("title").is_empty() && !word("detail").is_empty(),
            "{text}"
        );
        assert!(!word("request_id").is_empty(), "{text}");
        assert_eq!(word("request_id"), self.header("x-request-id"));
        code
    }

    /// The field at fault that a refusal names.
    pub fn field(&self) -> String {
        let problem: Value = self.json();
        problem
            .get("field")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    }
}

impl Client {
    /// A caller with a token.
    pub fn new(url: &str, token: &str) -> Self {
        let http = http_client();
        Self {
            http,
            url: url.to_owned(),
            token: Some(token.to_owned()),
        }
    }

    /// The same caller with another token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self {
            token: Some(token.to_owned()),
            ..self.clone()
        }
    }

    /// The same caller without a token.
    #[must_use]
    pub fn without_token(&self) -> Self {
        Self {
            token: None,
            ..self.clone()
        }
    }

    /// A request to fill in further.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        let whole = async {
            let response = request.send().await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = response.bytes().await?.to_vec();
            Ok::<_, reqwest::Error>(Answer {
                status,
                headers,
                body,
            })
        };
        patiently("an answer", whole)
            .await
            .expect("the server answers")
    }

    /// `GET`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    /// `DELETE`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// `POST` of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// `GET` with one more header.
    pub async fn get_with(&self, path: &str, name: &str, value: &str) -> Answer {
        let name: HeaderName = name.parse().expect("a header's name");
        let value: HeaderValue = value.parse().expect("a header's value");
        self.send(self.request(Method::GET, path).header(name, value))
            .await
    }

    /// Hands a file in as a raw body; whatever comes back.
    pub async fn try_upload(&self, name: &str, bytes: &[u8]) -> Answer {
        self.send(self.upload_request(name).body(bytes.to_vec()))
            .await
    }

    /// The request that hands a file in, without its body.
    pub fn upload_request(&self, name: &str) -> RequestBuilder {
        let mut url = Url::parse(&format!("{}/v1/tracks", self.url)).expect("an address");
        url.query_pairs_mut().append_pair("filename", name);
        self.request(Method::POST, url.as_str().trim_start_matches(&self.url))
    }

    /// Hands a file in.
    pub async fn upload(&self, name: &str, bytes: &[u8]) -> Track {
        self.try_upload(name, bytes).await.expect(201).json()
    }

    /// Hands in music of a length, where nothing depends on which.
    pub async fn song(&self, seconds: f64) -> Track {
        self.upload("song.wav", &Music::of_seconds(seconds).wav())
            .await
    }

    /// Asks for a master.
    pub async fn master(&self, wish: &Value) -> Master {
        self.post("/v1/masters", wish).await.expect(202).json()
    }

    /// Asks for a master of a track at Spotify's level.
    pub async fn master_of(&self, track: &Track) -> Master {
        self.master(&serde_json::json!({ "track_id": track.id, "target": "spotify" }))
            .await
    }

    /// A master as it is now.
    pub async fn show_master(&self, id: &str) -> Master {
        self.get(&format!("/v1/masters/{id}"))
            .await
            .expect(200)
            .json()
    }

    /// Hands rows in to learn from, `query` telling what they are; whatever comes back.
    pub async fn try_dataset(&self, query: &str, rows: &[u8]) -> Answer {
        let path = format!("/v1/analytics/datasets?{query}");
        let request = self.request(Method::POST, &path);
        self.send(
            request
                .header("content-type", "text/csv")
                .body(rows.to_vec()),
        )
        .await
    }

    /// Hands in listeners whose column `left` is to be predicted: the dataset's id.
    pub async fn dataset(&self, rows: &[u8]) -> String {
        let accepted = self.try_dataset("name=listeners&target=left", rows).await;
        let dataset: Value = accepted.expect(201).json();
        text(&dataset, "id")
    }

    /// Asks for a training: its job's id.
    pub async fn train(&self, model: &str, dataset: &str, seed: u32) -> String {
        let wish = serde_json::json!({ "model": model, "dataset_id": dataset, "seed": seed });
        let accepted = self.post("/v1/analytics/models", &wish).await.expect(202);
        text(&accepted.json(), "job_id")
    }

    /// A job as it is now.
    pub async fn job(&self, id: &str) -> Job {
        self.get(&format!("/v1/jobs/{id}")).await.expect(200).json()
    }

    /// A job's events from now on.
    pub async fn events(&self, id: &str) -> Events {
        let path = format!("/v1/jobs/{id}/events");
        let response = self.request(Method::GET, &path).send();
        let response = patiently("events", response)
            .await
            .expect("the server answers");
        Events::of(response)
    }

    /// Waits for a job's last state.
    pub async fn finished(&self, id: &str) -> Job {
        let mut events = self.events(id).await;
        events.until("a final state", Job::is_finished).await
    }
}

fn text(of: &Value, field: &str) -> String {
    let text = of.get(field).and_then(Value::as_str);
    text.expect("a field of text").to_owned()
}

/// A client without a proxy, for servers on this machine.
pub fn http_client() -> reqwest::Client {
    // The TLS library wants its cryptography chosen even where no TLS is spoken. A second choice,
    // of another test in this process, is refused and would be the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .build()
        .expect("an HTTP client")
}
