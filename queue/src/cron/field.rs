//! One field of an expression: the values it admits, as bits.

use super::CronError;

/// What a field may say.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: &'static str,
    lowest: u32,
    highest: u32,
    /// Names for the values, from the lowest on.
    names: &'static [&'static str],
}

pub(super) const SECOND: Field = Field::numbers("second", 0, 59);
pub(super) const MINUTE: Field = Field::numbers("minute", 0, 59);
pub(super) const HOUR: Field = Field::numbers("hour", 0, 23);
pub(super) const DAY_OF_MONTH: Field = Field::numbers("day of month", 1, 31);
pub(super) const MONTH: Field = Field {
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    ..Field::numbers("month", 1, 12)
};
pub(super) const DAY_OF_WEEK: Field = Field {
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    ..Field::numbers("day of week", 0, 7)
};

/// Some of a field's values; never none of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Values {
    bits: u64,
    /// The field begins with `*`, which decides more than its values.
    pub(super) star: bool,
}

impl Field {
    const fn numbers(name: &'static str, lowest: u32, highest: u32) -> Self {
        Self {
            name,
            lowest,
            highest,
            names: &[],
        }
    }

    /// Reads the field.
    pub(super) fn parse(&self, text: &str) -> Result<Values, CronError> {
        let mut bits = 0;
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, Some(self.step(step)?)),
                None => (part, None),
            };
            let (low, high) = self.range(range, step.is_some())?;
            for value in (low..=high).step_by(step.unwrap_or(1)) {
                bits |= 1 << value;
            }
        }
        Ok(Values {
            bits,
            star: text.starts_with('*'),
        })
    }

    fn range(&self, text: &str, stepped: bool) -> Result<(u32, u32), CronError> {
        if text == "*" {
            return Ok((self.lowest, self.highest));
        }
        let Some((low, high)) = text.split_once('-') else {
            let value = self.value(text)?;
            return Ok((value, if stepped { self.highest } else { value }));
        };
        let (low, mut high) = (self.value(low)?, self.value(high)?);
        if self.name == DAY_OF_WEEK.name && high == 0 {
            // A week may end with Sunday as well as begin with it.
            high = if low == 0 { 0 } else { 7 };
        }
        if low > high {
            return Err(self.wrong(&format!("the range {text} runs backwards")));
        }
        Ok((low, high))
    }

    fn value(&self, text: &str) -> Result<u32, CronError> {
        let named = self
            .names
            .iter()
            .zip(self.lowest..)
            .find(|(name, _)| name.eq_ignore_ascii_case(text));
        if let Some((_, value)) = named {
            return Ok(value);
        }
        let range = self.lowest..=self.highest;
        number(text)
            .filter(|value| range.contains(value))
            .ok_or_else(|| {
                let (lowest, highest) = (self.lowest, self.highest);
                self.wrong(&format!("`{text}` is not within {lowest} to {highest}"))
            })
    }

    fn step(&self, text: &str) -> Result<usize, CronError> {
        let longest = self.highest - self.lowest;
        number(text)
            .filter(|step| (1..=longest).contains(step))
            .and_then(|step| usize::try_from(step).ok())
            .ok_or_else(|| self.wrong(&format!("the step `{text}` is not within 1 to {longest}")))
    }

    fn wrong(&self, message: &str) -> CronError {
        CronError::new(self.name, message)
    }
}

/// Digits only: `+5` is a number to the standard library and not to cron.
fn number(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl Values {
    pub(super) fn contains(self, value: u32) -> bool {
        self.from(value) == Some(value)
    }

    /// The lowest value that is at least `value`.
    pub(super) fn from(self, value: u32) -> Option<u32> {
        let rest = self.bits & u64::MAX.checked_shl(value)?;
        (rest != 0).then(|| rest.trailing_zeros())
    }

    pub(super) fn lowest(self) -> u32 {
        self.bits.trailing_zeros()
    }

    /// With 7 read as 0, as Sunday may be written.
    pub(super) fn of_week(self) -> Self {
        Self {
            bits: (self.bits | self.bits >> 7) & 0x7f,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: Values) -> Vec<u32> {
        (0..64).filter(|value| values.contains(*value)).collect()
    }

    #[test]
    fn a_field_is_a_list_of_values_ranges_and_steps() {
        let hours = |text| all(HOUR.parse(text).unwrap());
        assert_eq!(hours("*").len(), 24);
        assert_eq!(hours("*/6"), [0, 6, 12, 18]);
        assert_eq!(hours("20/2"), [20, 22]);
        assert_eq!(hours("9-17/4,23,05"), [5, 9, 13, 17, 23]);
        assert_eq!(all(MONTH.parse("jan,MAR-May").unwrap()), [1, 3, 4, 5]);
    }

    #[test]
    fn sunday_begins_a_week_and_ends_it() {
        let days = |text| all(DAY_OF_WEEK.parse(text).unwrap().of_week());
        assert_eq!(days("7"), [0]);
        assert_eq!(days("0"), [0]);
        assert_eq!(days("FRI-SUN"), [0, 5, 6]);
        assert_eq!(days("6-7"), [0, 6]);
        assert_eq!(days("SUN-MON"), [0, 1]);
        assert_eq!(days("*"), [0, 1, 2, 3, 4, 5, 6]);
    }

    #[test]
    fn what_a_field_cannot_say_is_refused_with_what_it_can() {
        let refused = |field: &Field, text| field.parse(text).unwrap_err().to_string();
        assert_eq!(refused(&MINUTE, "60"), "minute: `60` is not within 0 to 59");
        assert_eq!(
            refused(&DAY_OF_MONTH, "0"),
            "day of month: `0` is not within 1 to 31"
        );
        assert_eq!(
            refused(&MINUTE, "*/90"),
            "minute: the step `90` is not within 1 to 59"
        );
        assert_eq!(refused(&HOUR, "5-3"), "hour: the range 5-3 runs backwards");
        for text in [
            "", "1,", "*/0", "+5", "-5", "1-", "?", "L", "1-2-3", "*5", "4/", "MON",
        ] {
            assert!(HOUR.parse(text).is_err(), "{text}");
        }
    }
}
