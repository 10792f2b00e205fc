//! Opening an S3 bucket.

use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ObjectStore, RetryConfig};
use std::sync::Arc;

use crate::error::StorageError;
use crate::options::S3Options;

/// How long one request is tried again before the caller hears of it. The queue retries jobs
/// with its own back-off, so a long wait here would only hold workers.
const RETRY_FOR: Duration = Duration::from_secs(20);

/// The bucket, seen from its prefix. Nothing is sent yet.
pub(crate) fn open(options: &S3Options) -> Result<Arc<dyn ObjectStore>, StorageError> {
    let bad = |rule: &str| StorageError::BadOptions {
        rule: rule.to_owned(),
    };
    let rest = options
        .url
        .strip_prefix("s3://")
        .ok_or_else(|| bad("the URL must be s3://…"))?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err(bad("the URL must name a bucket"));
    }
    // The HTTP client takes the process's TLS provider. Losing the race to install one is fine:
    // then another part of the program has installed its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&options.region)
        .with_access_key_id(&options.access_key_id)
        .with_secret_access_key(&options.secret_access_key)
        .with_allow_http(options.allow_http)
        .with_retry(RetryConfig {
            retry_timeout: RETRY_FOR,
            ..RetryConfig::default()
        });
    if let Some(endpoint) = &options.endpoint {
        builder = builder
            .with_endpoint(endpoint)
            .with_virtual_hosted_style_request(false);
    }
    let store = builder.build()?;
    let prefix = Path::parse(prefix.trim_end_matches('/'))
        .map_err(|error| bad(&format!("the URL's prefix can't be used: {error}")))?;
    if prefix.as_ref().is_empty() {
        Ok(Arc::new(store))
    } else {
        Ok(Arc::new(PrefixStore::new(store, prefix)))
    }
}
