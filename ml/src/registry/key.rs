//! What names a version of a model: whose it is, which model, and the SHA-256 of all its bytes.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use crate::MlError;

/// A version: the SHA-256 of a bundle's bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version([u8; 32]);

impl Version {
    /// The version that these bytes are.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Version {
    type Err = MlError;

    fn from_str(text: &str) -> Result<Self, MlError> {
        let mut bytes = [0; 32];
        let lower = !text.bytes().any(|letter| letter.is_ascii_uppercase());
        if lower && hex::decode_to_slice(text, &mut bytes).is_ok() {
            return Ok(Self(bytes));
        }
        Err(MlError::Setting {
            field: "version",
            rule: "must be 64 lower-case hexadecimal digits".to_owned(),
        })
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// A version of one tenant's model. Equal bytes under two tenants have two keys. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose it is.
    pub tenant: Arc<str>,
    /// The model, by its name among the tenant's.
    pub model: Arc<str>,
    /// The version.
    pub version: Version,
}

impl Key {
    /// Names a version.
    pub fn new(tenant: impl Into<Arc<str>>, model: impl Into<Arc<str>>, version: Version) -> Self {
        Self {
            tenant: tenant.into(),
            model: model.into(),
            version,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_it_is_written() {
        let version = Version::of(b"weights");
        assert_eq!(version.to_string().parse::<Version>().unwrap(), version);
        for wrong in [
            "",
            "ab",
            &version.to_string().to_uppercase(),
            &format!("{version}0"),
        ] {
            assert_eq!(wrong.parse::<Version>().unwrap_err().code(), "bad_setting");
        }
    }
}
