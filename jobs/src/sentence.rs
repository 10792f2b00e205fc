//! An error's text in an answer for people.

/// The text as a sentence: with a capital at its front and a full stop at its end.
pub fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    let first = first.into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_ends_change() {
        assert_eq!(sentence("line 3: it is ünknown"), "Line 3: it is ünknown.");
        assert_eq!(sentence("état"), "État.");
        assert_eq!(sentence(""), ".");
    }
}
