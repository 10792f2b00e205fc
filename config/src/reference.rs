//! The settings' reference for people, made from the comments of `default.toml`.

use crate::DEFAULT_TOML;
use crate::env::variable;

/// The reference as Markdown. `docs/CONFIG.md` is this text, and a test holds the two equal.
pub fn reference() -> String {
    let mut text = vec![String::from("# Settings\n")];
    let mut section = String::new();
    let mut comment: Vec<&str> = Vec::new();
    for line in DEFAULT_TOML.lines() {
        if let Some(words) = line.strip_prefix('#') {
            comment.push(words.strip_prefix(' ').unwrap_or(words));
        } else if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.clone_into(&mut section);
            text.push(format!("\n## `[{name}]`\n\n{}\n", comment.join("\n")));
            comment.clear();
        } else if let Some((key, value)) = line.split_once(" = ") {
            let variable = variable(&format!("{section}.{key}"));
            text.push(format!("\n### `{key}`\n\n{}\n", comment.join("\n")));
            text.push(format!("\nDefault: `{value}`. Variable: `{variable}`.\n"));
            comment.clear();
        } else if !comment.is_empty() {
            // A comment that a blank line ends belongs to the file as a whole.
            text.push(format!("\n{}\n", comment.join("\n")));
            comment.clear();
        }
    }
    text.concat()
}
