//! Comma-separated values, one row a line: quotes may enclose a field, and can't reach over lines,
//! as no field of a metric can.

use std::borrow::Cow;

use chrono::NaiveDate;
use models::metrics::{Fault, Row};

use super::FileFault;

/// The columns in the order of a row's fields.
const COLUMNS: [&str; 5] = ["date", "metric", "source", "track", "value"];
const TRACK: usize = 3;

/// Where each column stands in a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    places: [Option<usize>; 5],
    count: usize,
}

impl Header {
    /// Reads the first line. `track` may be left out.
    pub fn read(line: &[u8]) -> Result<Self, FileFault> {
        let fields = fields(line).map_err(|fault| FileFault::Header(fault.rule))?;
        let mut places = [None; 5];
        for (at, name) in fields.iter().enumerate() {
            let column = COLUMNS.iter().position(|known| known == name);
            let place = column.and_then(|column| places.get_mut(column));
            match place {
                None => return Err(FileFault::Header("it names another column")),
                Some(place) if place.is_some() => {
                    return Err(FileFault::Header("it names a column twice"));
                }
                Some(place) => *place = Some(at),
            }
        }
        let missing = places
            .iter()
            .enumerate()
            .any(|(column, place)| place.is_none() && column != TRACK);
        if missing {
            return Err(FileFault::Header("it does not name all of them"));
        }
        Ok(Self {
            places,
            count: fields.len(),
        })
    }

    /// Reads a line below it.
    pub fn row(&self, line: &[u8], latest: NaiveDate) -> Result<Row, Fault> {
        let fields = fields(line)?;
        if fields.len() != self.count {
            return Err(Fault::new("", "must have as many fields as the header"));
        }
        let [date, metric, source, track, value] = self.places.map(|place| {
            let field = place.and_then(|place| fields.get(place));
            field.map(Cow::as_ref).unwrap_or_default()
        });
        Row::of_texts(date, metric, source, track, value, latest)
    }
}

/// A line's fields, without the blanks around them.
fn fields(line: &[u8]) -> Result<Vec<Cow<'_, str>>, Fault> {
    let line = std::str::from_utf8(line).map_err(|_| Fault::new("", "must be UTF-8"))?;
    let mut fields = Vec::with_capacity(COLUMNS.len());
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches([' ', '\t']);
        let (field, after) = if let Some(inside) = trimmed.strip_prefix('"') {
            quoted(inside)?
        } else {
            let end = trimmed.find(',').unwrap_or(trimmed.len());
            let (field, after) = trimmed.split_at_checked(end).unwrap_or((trimmed, ""));
            (Cow::Borrowed(field.trim_end_matches([' ', '\t'])), after)
        };
        fields.push(field);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok(fields),
        }
    }
}

/// The field behind an opening quote, and what follows its closing one: a comma or nothing.
fn quoted(inside: &str) -> Result<(Cow<'_, str>, &str), Fault> {
    let mut field = Cow::Borrowed("");
    let mut rest = inside;
    loop {
        let (part, after) = rest
            .split_once('"')
            .ok_or(Fault::new("", "a quote must be closed on its line"))?;
        if field.is_empty() {
            field = Cow::Borrowed(part);
        } else {
            field.to_mut().push_str(part);
        }
        if let Some(more) = after.strip_prefix('"') {
            // Two quotes within a field are one.
            field.to_mut().push('"');
            rest = more;
            continue;
        }
        let after = after.trim_start_matches([' ', '\t']);
        if after.is_empty() || after.starts_with(',') {
            return Ok((field, after));
        }
        return Err(Fault::new("", "a quote must be closed at a field's end"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_split_at_commas_outside_of_quotes() {
        let split = |line: &'static str| fields(line.as_bytes()).unwrap();
        assert_eq!(split("a,b ,\tc,"), ["a", "b", "c", ""]);
        assert_eq!(
            split("\"a,b\",\"c \"\"d\"\" e\" , f"),
            ["a,b", "c \"d\" e", "f"]
        );
        assert_eq!(split("\"\"\"\",\"\""), ["\"", ""]);
        for bad in ["\"a", "\"a\"b,c", "a,\"b\"\""] {
            assert!(fields(bad.as_bytes()).is_err(), "{bad}");
        }
        assert!(fields(b"\xff,b").is_err());
    }

    #[test]
    fn columns_come_in_any_order_and_each_once() {
        let latest = NaiveDate::from_ymd_opt(2026, 11, 28).unwrap();
        let header = Header::read(b"value, source,\"date\",metric").unwrap();
        let row = header.row(b"3,spotify,2026-11-01,streams", latest).unwrap();
        assert_eq!((row.value, row.key.track.as_str()), (3.0, ""));
        for bad in [
            "date,metric,source,track",
            "date,date,metric,source,track,value",
            "date,metric,source,track,value,note",
            "2026-11-01,streams,spotify,,3",
            "\"",
        ] {
            assert!(Header::read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
