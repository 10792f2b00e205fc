//! The name of an object.

use std::fmt;

use crate::error::StorageError;

/// Longest name, so that it fits S3 (1024 bytes) together with a prefix.
const LONGEST: usize = 512;
/// Longest part between slashes, so that it fits a file name with a staging suffix.
const LONGEST_PART: usize = 200;

/// An object's name: parts of `a-z 0-9 - _ .` joined by `/`. No part is empty or begins with a
/// dot, so a name can never leave its folder or touch the store's own files.
///
/// A local folder can't hold both `a` and `a/b`; give objects names that are no folder of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(String);

impl Key {
    /// Checks a name.
    pub fn new(name: impl Into<String>) -> Result<Self, StorageError> {
        let name = name.into();
        let refused = |rule| StorageError::BadKey {
            given: name.chars().take(80).collect(),
            rule,
        };
        if name.len() > LONGEST {
            return Err(refused("it must have at most 512 bytes"));
        }
        let allowed = |c| matches!(c, 'a'..='z' | '0'..='9' | '-' | '_' | '.' | '/');
        if !name.chars().all(allowed) {
            return Err(refused("it may hold only a-z, 0-9, '-', '_', '.' and '/'"));
        }
        for part in name.split('/') {
            if part.is_empty() || part.starts_with('.') {
                return Err(refused(
                    "no part between slashes may be empty or begin with a dot",
                ));
            }
            if part.len() > LONGEST_PART {
                return Err(refused(
                    "a part between slashes must have at most 200 bytes",
                ));
            }
        }
        Ok(Self(name))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as the object store wants it. The alphabet needs no escaping.
    pub(crate) fn path(&self) -> object_store::path::Path {
        object_store::path::Path::from(self.as_str())
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Key;

    #[test]
    fn names_that_could_leave_their_folder_are_refused() {
        for name in [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            ".hidden",
            "a/.staging/b",
            "A",
            "a b",
            "a\\b",
            "a\0b",
            "ä",
            "a%2e",
            "a#1",
        ] {
            assert_eq!(
                Key::new(name).unwrap_err().code(),
                "object_name_invalid",
                "{name:?}"
            );
        }
        assert!(Key::new("a".repeat(513)).is_err() && Key::new("a".repeat(201)).is_err());
    }

    #[test]
    fn names_of_ids_and_file_types_are_taken() {
        for name in ["a", "artists/0198-ab/tracks/1/source.wav", "a..b/c_d-e.f"] {
            assert_eq!(Key::new(name).unwrap().as_str(), name);
        }
    }
}
