//! The right word nearest to a wrong one, so that a typing error names its own cure.

/// Below this similarity (0 to 1, Jaro-Winkler) a suggestion would confuse more than help.
const LIKELY: f64 = 0.75;

/// The candidate most similar to `given`, when one is similar enough to be meant.
pub(crate) fn nearest<'a>(
    given: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|word| (strsim::jaro_winkler(given, word), word))
        .filter(|(likeness, _)| *likeness >= LIKELY)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_typing_error_finds_the_word_and_noise_finds_none() {
        let words = ["queue.lease_seconds", "queue.poll_seconds", "log.filter"];
        assert_eq!(
            nearest("queue.lease_second", words),
            Some("queue.lease_seconds")
        );
        assert_eq!(nearest("zzzz", words), None);
    }
}
