//! What stands around the plots: a heading, a sentence, and the key to the colours.

use super::text;

/// A heading, a sentence, a key, and the plots, or why there is none.
pub(super) struct Figure {
    pub heading: &'static str,
    pub sentence: String,
    /// Names in the style sheet and words.
    pub key: Vec<(&'static str, String)>,
    pub plots: String,
}

impl Figure {
    pub(super) fn without_plot(heading: &'static str, why: &str) -> Self {
        Self {
            heading,
            sentence: why.to_owned(),
            key: Vec::new(),
            plots: String::new(),
        }
    }

    pub(super) fn html(&self) -> String {
        let key = text::each(&self.key, |(class, words)| {
            format!("<li class=\"{class}\">{}</li>", text::escape(words, 120))
        });
        let key = if key.is_empty() {
            key
        } else {
            format!("<ul class=\"key\">{key}</ul>")
        };
        format!(
            "<figure><figcaption><h3>{}</h3><p>{}</p>{key}</figcaption>\n{}</figure>\n",
            self.heading,
            text::escape(&self.sentence, 600),
            self.plots
        )
    }
}
