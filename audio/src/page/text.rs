//! How figures and outside text become HTML: every number format and every escape of the page.

/// What stands where a figure has no value.
pub(super) const UNDEFINED: &str = "not defined";

/// Text from outside, cut to `most` characters and safe in HTML text, in attributes and in XML.
pub(super) fn escape(text: &str, most: usize) -> String {
    let mut safe = String::with_capacity(text.len().min(most) + 16);
    for (index, character) in text.chars().enumerate() {
        if index == most {
            safe.push('…');
            break;
        }
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            // XML knows no other control characters and no non-characters, not even escaped.
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            other if other.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// What is written for each item, one after the other.
pub(super) fn each<T>(
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(T) -> String,
) -> String {
    let mut all = String::new();
    for item in items {
        all.push_str(&write(item));
    }
    all
}

/// A number with a true minus sign and without a negative zero.
pub(super) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNDEFINED.to_owned();
    }
    let plain = if value.abs() < 1.0e7 {
        format!("{value:.decimals$}")
    } else {
        format!("{value:.2e}")
    };
    match plain.strip_prefix('-') {
        Some(rest) if rest.contains(|digit| matches!(digit, '1'..='9')) => format!("−{rest}"),
        Some(rest) => rest.to_owned(),
        None => plain,
    }
}

/// A change: as [`number`], with a plus sign where it rises.
pub(super) fn signed(value: f64, decimals: usize) -> String {
    let plain = number(value, decimals);
    let rises = value > 0.0 && plain.contains(|digit| matches!(digit, '1'..='9'));
    if rises { format!("+{plain}") } else { plain }
}

/// A level in prose: one decimal.
pub(super) fn level(value: f64) -> String {
    number(value, 1)
}

/// A number whose size is not known: as many decimals as it needs to say something.
pub(super) fn loose(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return number(value, 0);
    }
    if value.abs() < 0.01 {
        return format!("{value:.2e}").replace('-', "−");
    }
    let plain = number(value, 2);
    if value.abs() >= 1.0e7 {
        return plain;
    }
    plain.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A whole number, its thousands set apart by narrow spaces that do not break.
pub(super) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// Seconds as `m:ss`, from an hour on as `h:mm:ss`.
pub(super) fn clock(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bounded just before"
    )]
    let whole = seconds.clamp(0.0, 1.0e9).round() as u64;
    let (hours, minutes, rest) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 {
        format!("{hours}:{minutes:02}:{rest:02}")
    } else {
        format!("{minutes}:{rest:02}")
    }
}

/// A length: short ones in seconds, long ones as [`clock`].
pub(super) fn length(seconds: f64) -> String {
    if seconds < 10.0 {
        format!("{} s", number(seconds, 2))
    } else {
        clock(seconds)
    }
}

/// A frequency on an axis: `50`, `1k`, `12.5k`.
pub(super) fn hertz(hz: f64) -> String {
    if hz < 1_000.0 {
        loose(hz)
    } else {
        format!("{}k", loose(hz / 1_000.0))
    }
}

/// A sample rate in kHz.
pub(super) fn rate(hz: u32) -> String {
    let khz = format!("{:.3}", f64::from(hz) / 1_000.0);
    let short = khz.trim_end_matches('0').trim_end_matches('.');
    format!("{short} kHz")
}

/// A size in decimal units.
pub(super) fn size(bytes: u64) -> String {
    let value = bytes as f64;
    let (scaled, unit) = match bytes {
        0..1_000 => return format!("{bytes} bytes"),
        1_000..1_000_000 => (value / 1.0e3, "kB"),
        1_000_000..1_000_000_000 => (value / 1.0e6, "MB"),
        _ => (value / 1.0e9, "GB"),
    };
    format!("{} {unit}", number(scaled, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_cannot_become_markup_or_break_xml() {
        assert_eq!(
            escape("<a b=\"c\" d='e'>&\0\u{8}\u{ffff}", 99),
            "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;\u{fffd}\u{fffd}\u{fffd}"
        );
        assert_eq!(escape("äöü", 2), "äö…");
        assert_eq!(escape("äöü", 3), "äöü");
    }

    #[test]
    fn numbers_have_a_true_minus_no_negative_zero_and_a_bounded_length() {
        assert_eq!(number(-14.04, 1), "−14.0");
        assert_eq!(number(-0.04, 1), "0.0");
        assert_eq!(number(f64::NAN, 1), UNDEFINED);
        assert!(number(-f64::MAX, 2).len() < 16);
        assert_eq!(signed(2.0, 1), "+2.0");
        assert_eq!(signed(0.04, 1), "0.0");
        assert_eq!(signed(-3.0, 0), "−3");
        assert_eq!(loose(0.000_031), "3.10e−5");
        assert_eq!(loose(1.5), "1.5");
        assert_eq!(loose(-20.0), "−20");
        assert_eq!(count(12_700_800), "12\u{202f}700\u{202f}800");
        assert_eq!(count(999), "999");
    }

    #[test]
    fn times_sizes_and_frequencies_read_as_people_write_them() {
        assert_eq!(clock(65.0), "1:05");
        assert_eq!(clock(59.7), "1:00");
        assert_eq!(clock(14_400.0), "4:00:00");
        assert_eq!(length(0.1), "0.10 s");
        assert_eq!(hertz(31.5), "31.5");
        assert_eq!(hertz(12_500.0), "12.5k");
        assert_eq!(rate(44_100), "44.1 kHz");
        assert_eq!(rate(11_025), "11.025 kHz");
        assert_eq!(size(47_580_000), "47.6 MB");
    }
}
