//! Where objects are kept, and how to reach them.

use std::fmt;
use std::path::PathBuf;

/// What [`crate::Storage::open`] needs.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the objects are.
    pub place: Place,
    /// Local folder for unfinished uploads and working files; created when missing. On the file
    /// system of a local `place`, putting a spooled upload copies nothing.
    pub spool_dir: PathBuf,
}

/// Where objects are.
#[derive(Debug, Clone)]
pub enum Place {
    /// A folder on this machine; created when missing.
    Local(PathBuf),
    /// An S3 bucket.
    S3(S3Options),
}

/// How to reach an S3 bucket.
#[derive(Clone)]
pub struct S3Options {
    /// `s3://bucket` or `s3://bucket/prefix`.
    pub url: String,
    /// Address of a server other than Amazon's; addressed by path, not by host name.
    pub endpoint: Option<String>,
    /// Region that requests are signed for.
    pub region: String,
    /// Public half of the key.
    pub access_key_id: String,
    /// Secret half of the key.
    pub secret_access_key: String,
    /// Whether `endpoint` may be `http://`.
    pub allow_http: bool,
}

/// The keys are left out.
impl fmt::Debug for S3Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Options")
            .field("url", &self.url)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}
