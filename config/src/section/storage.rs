//! Object storage.

use serde::{Deserialize, Serialize};

use super::{Broken, rule_holds};
use crate::secret::Secret;

/// Where uploads and masters are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Storage {
    /// `s3://bucket/prefix`, `file:///folder`, or empty for the folder under `data.dir`.
    pub url: String,
    /// Address of an S3 server other than Amazon's; empty for Amazon's.
    pub endpoint: String,
    /// Region that requests are signed for.
    pub region: String,
    /// Public half of the S3 key.
    pub access_key_id: String,
    /// Secret half of the S3 key.
    pub secret_access_key: Secret,
    /// Whether `endpoint` may be `http://`.
    pub allow_http: bool,
}

impl Storage {
    pub(crate) fn validate(&self) -> Result<(), Broken> {
        let bucket = self.url.strip_prefix("s3://");
        rule_holds(
            "storage.url",
            self.url.is_empty()
                || self.url.starts_with("file:///")
                || bucket.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/')),
            "must be empty, s3://bucket/prefix or file:///absolute/folder",
        )?;
        let secure = self.endpoint.starts_with("https://");
        let plain = self.endpoint.starts_with("http://");
        rule_holds(
            "storage.endpoint",
            self.endpoint.is_empty() || secure || plain,
            "must be empty, or begin with https:// or http://",
        )?;
        rule_holds(
            "storage.endpoint",
            !plain || self.allow_http,
            "an http:// endpoint sends objects in the clear; set storage.allow_http = true to do so",
        )?;
        if bucket.is_none() {
            return Ok(());
        }
        rule_holds(
            "storage.region",
            !self.region.is_empty(),
            "is needed for s3://",
        )?;
        rule_holds(
            "storage.access_key_id",
            !self.access_key_id.is_empty(),
            "is needed for s3://",
        )?;
        rule_holds(
            "storage.secret_access_key",
            !self.secret_access_key.is_empty(),
            "is needed for s3://",
        )
    }
}
