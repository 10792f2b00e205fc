//! The one error of this crate: what is wrong, where it was written, and what would be right.

use std::path::PathBuf;

/// Why the settings or the targets can't be used. No message ever holds a secret's value.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A file that was asked for can't be read.
    #[error("can't read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not TOML. The line's text is left out, because it may hold a secret.
    #[error("{place}, line {line}: {message}")]
    Syntax {
        /// The file.
        place: String,
        /// Line number from 1.
        line: usize,
        /// What the TOML parser said.
        message: String,
    },
    /// A key or a variable that no setting has.
    #[error("{place}: unknown setting {given}{}", suggestion(.nearest.as_deref()))]
    Unknown {
        /// The file or the environment.
        place: String,
        /// The key or the variable as it was given.
        given: String,
        /// The right one that is nearest in spelling, when one is near.
        nearest: Option<String>,
    },
    /// A value of the wrong type.
    #[error("{key}: must be {rule}, but is {found} ({place})")]
    WrongType {
        /// Dotted key.
        key: String,
        /// The type that the setting has.
        rule: &'static str,
        /// The type that was given.
        found: &'static str,
        /// The file or the variable.
        place: String,
    },
    /// A value of the right type that the setting does not allow.
    #[error("{key}: {rule} ({place})")]
    OutOfRange {
        /// Dotted key.
        key: String,
        /// What holds for a right value.
        rule: String,
        /// The file, the variable, or the default.
        place: String,
    },
    /// A secret given both by value and by file in the same layer.
    #[error("{key} and {key}_file are both given ({place}): leave one out")]
    GivenTwice {
        /// Dotted key.
        key: String,
        /// The file or the environment.
        place: String,
    },
    /// No mastering target has this name.
    #[error("unknown target {given}{}", suggestion(.nearest.as_deref()))]
    UnknownTarget {
        /// The name as it was given.
        given: String,
        /// The target that is nearest in spelling, when one is near.
        nearest: Option<String>,
    },
    /// A mastering target whose text or figures can't be used.
    #[error("{place}: target {name}: {rule}")]
    BadTarget {
        /// The file, or where the figures came from.
        place: String,
        /// The target's name.
        name: String,
        /// What holds for a right target.
        rule: String,
    },
}

impl ConfigError {
    /// Stable code for machines.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "config_unreadable",
            Self::Syntax { .. } => "config_syntax",
            Self::Unknown { .. } => "setting_unknown",
            Self::WrongType { .. } => "setting_wrong_type",
            Self::OutOfRange { .. } => "setting_out_of_range",
            Self::GivenTwice { .. } => "setting_given_twice",
            Self::UnknownTarget { .. } => "target_unknown",
            Self::BadTarget { .. } => "target_invalid",
        }
    }
}

/// The tail of a message that names the nearest right word.
fn suggestion(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!("; did you mean {word}?"))
}
