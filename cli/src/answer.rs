//! How verbs answer: words for people, JSON for programs, and the exit code for both.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use serde_json::{Value, json};

/// It was done: told in words, or as JSON.
pub fn done(as_json: bool, words: &str, value: &Value) -> ExitCode {
    if as_json {
        say!("{value}");
    } else {
        say!("{words}");
    }
    ExitCode::SUCCESS
}

/// It was refused: told on standard error, as JSON on standard output too, and the process fails.
pub fn refused(as_json: bool, code: &str, words: &str) -> ExitCode {
    if as_json {
        say!("{}", json!({ "refused": code }));
    }
    eprintln!("maxbooster: {words}");
    ExitCode::FAILURE
}

/// Nothing has this id or name.
pub fn no_such(as_json: bool, what: &str, which: impl std::fmt::Display) -> ExitCode {
    refused(as_json, "not_found", &format!("there is no {what} {which}"))
}

/// What is wrong with a file of a model's, with the fault's stable code.
pub fn coded(path: &Path, error: &ml::MlError) -> anyhow::Error {
    anyhow::anyhow!("{}: {error} ({})", path.display(), error.code())
}

/// One thing as JSON, for people who like that.
pub fn pretty(value: &impl Serialize) -> anyhow::Result<()> {
    say!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

/// Things as JSON, one a line.
pub fn lines<T: Serialize>(values: &[T]) -> anyhow::Result<()> {
    for value in values {
        say!("{}", serde_json::to_string(value)?);
    }
    Ok(())
}
