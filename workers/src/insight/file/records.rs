//! The rows of a file, good and bad, in their order.

use std::fs::File;

use chrono::NaiveDate;
use models::metrics::{Fault, Format, Refusal, Row};
use serde_json::Value;

use super::csv::Header;
use super::json::Elements;
use super::lines::{Line, Lines};
use super::source::Source;
use super::{FileFault, LONGEST_ROW};

/// The most rows of a file.
const MOST_ROWS: u64 = 2_000_000;

/// A row of a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// It keeps every rule.
    Good(Row),
    /// It doesn't.
    Refused(Refusal),
}

/// Reads a file row by row.
pub struct Records {
    form: Form,
    latest: NaiveDate,
    most_rows: u64,
    read: u64,
}

enum Form {
    Csv(Lines, Option<Header>),
    JsonLines(Lines),
    JsonArray(Elements),
}

impl Records {
    /// Reads `file` from its start; `latest` is the last day that a row may be of.
    pub fn open(file: File, format: Format, latest: NaiveDate) -> Result<Self, FileFault> {
        let mut source = Source::open(file)?;
        let form = match format {
            Format::Csv => Form::Csv(Lines::new(source), None),
            Format::Json if begins_array(&mut source)? => Form::JsonArray(Elements::new(source)),
            Format::Json => Form::JsonLines(Lines::new(source)),
        };
        Ok(Self {
            form,
            latest,
            most_rows: MOST_ROWS,
            read: 0,
        })
    }

    #[cfg(test)]
    fn of_most(mut self, rows: u64) -> Self {
        self.most_rows = rows;
        self
    }

    /// The next row; none behind the last.
    pub fn next(&mut self) -> Result<Option<Record>, FileFault> {
        let latest = self.latest;
        let found = match &mut self.form {
            Form::Csv(lines, header) => csv_row(lines, header, latest)?,
            Form::JsonLines(lines) => lines.next()?.map(|(line, bytes)| {
                let row = match bytes {
                    Line::Whole(bytes) => json_row(bytes, latest),
                    Line::TooLong => Err(too_long()),
                };
                (line, row)
            }),
            Form::JsonArray(elements) => elements.next()?.map(|(line, bytes)| {
                let row = match bytes {
                    Some(bytes) => json_row(bytes, latest),
                    None => Err(too_long()),
                };
                (line, row)
            }),
        };
        let Some((line, row)) = found else {
            return Ok(None);
        };
        if self.read == self.most_rows {
            return Err(FileFault::TooManyRows(self.most_rows));
        }
        self.read += 1;
        Ok(Some(match row {
            Ok(row) => Record::Good(row),
            Err(fault) => Record::Refused(Refusal {
                line,
                column: fault.field.to_owned(),
                rule: fault.rule.to_owned(),
            }),
        }))
    }

    /// How many bytes of the file were taken so far.
    pub fn taken_bytes(&self) -> u64 {
        match &self.form {
            Form::Csv(lines, _) | Form::JsonLines(lines) => lines.source(),
            Form::JsonArray(elements) => elements.source(),
        }
        .taken_bytes()
    }
}

type Found = Option<(u64, Result<Row, Fault>)>;

fn csv_row(
    lines: &mut Lines,
    header: &mut Option<Header>,
    latest: NaiveDate,
) -> Result<Found, FileFault> {
    let header = match header {
        Some(header) => header,
        None => match lines.next()? {
            Some((_, Line::Whole(line))) => header.insert(Header::read(line)?),
            Some((_, Line::TooLong)) => return Err(FileFault::Header("it is too long")),
            None => return Err(FileFault::Header("the file is empty")),
        },
    };
    Ok(lines.next()?.map(|(line, bytes)| {
        let row = match bytes {
            Line::Whole(bytes) => header.row(bytes, latest),
            Line::TooLong => Err(too_long()),
        };
        (line, row)
    }))
}

fn json_row(bytes: &[u8], latest: NaiveDate) -> Result<Row, Fault> {
    let value: Value =
        serde_json::from_slice(bytes).map_err(|_| Fault::new("", "must be a JSON object"))?;
    Row::of_json(&value, latest)
}

fn too_long() -> Fault {
    const { assert!(LONGEST_ROW == 4096) };
    Fault::new("", "must have at most 4096 bytes")
}

/// Whether the first byte that is no blank opens an array. A file that begins with that many
/// blanks is no array either.
fn begins_array(source: &mut Source) -> Result<bool, FileFault> {
    let start = source.fill()?;
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    Ok(first == Some(&b'['))
}

#[cfg(test)]
mod tests {
    use std::io::{Seek, Write};

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn latest() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 28).unwrap()
    }

    fn file(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn all(records: &mut Records) -> (Vec<Record>, Option<FileFault>) {
        let mut found = Vec::new();
        loop {
            match records.next() {
                Ok(Some(record)) => found.push(record),
                Ok(None) => return (found, None),
                Err(fault) => return (found, Some(fault)),
            }
        }
    }

    fn read(bytes: &[u8], format: Format) -> (Vec<Record>, Option<FileFault>) {
        match Records::open(file(bytes), format, latest()) {
            Ok(mut records) => all(&mut records),
            Err(fault) => (Vec::new(), Some(fault)),
        }
    }

    fn lines_refused(records: &[Record]) -> Vec<(u64, &str)> {
        let refused = records.iter().filter_map(|record| match record {
            Record::Refused(refusal) => Some((refusal.line, refusal.column.as_str())),
            Record::Good(_) => None,
        });
        refused.collect()
    }

    const CSV: &str = "\u{feff}date,metric,source,track,value\r\n\
        2026-01-01,streams,spotify,,1\r\n\r\n\
        2026-01-02,streams,spotify,,x\r\n\
        2026-01-03,streams,spotify,\"A\",3";
    const JSON: &str = "[{\"date\":\"2026-01-01\",\"metric\":\"streams\",\"source\":\"spotify\",\"value\":1},\n\
        {\"date\":\"2026-01-02\", \"metric\":\"streams\", \"source\":\"]},\\\"\", \"value\":1},\n\
        {\"date\":\"2026-01-03\",\n\"metric\":\"streams\",\"source\":\"spotify\",\"track\":\"A\",\"value\":3}]\n";

    #[test]
    fn a_bad_row_is_named_by_line_and_column_and_the_others_are_good() {
        let (rows, fault) = read(CSV.as_bytes(), Format::Csv);
        assert!(fault.is_none());
        assert_eq!((rows.len(), lines_refused(&rows)), (3, vec![(4, "value")]));
        let (rows, fault) = read(JSON.as_bytes(), Format::Json);
        assert!(fault.is_none());
        assert_eq!((rows.len(), lines_refused(&rows)), (3, vec![(2, "source")]));
        let lines = JSON.trim_start_matches('[').split(",\n").next().unwrap();
        let lines = format!("{lines}\n\n{{]\n{lines}\nnull\n{{\"value\":1e999}}");
        let (rows, _) = read(lines.as_bytes(), Format::Json);
        let refused = lines_refused(&rows);
        assert_eq!((rows.len(), refused), (5, vec![(3, ""), (5, ""), (6, "")]));
    }

    #[test]
    fn gzip_says_the_same() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(CSV.as_bytes()).unwrap();
        let packed = packed.finish().unwrap();
        let plain = read(CSV.as_bytes(), Format::Csv).0;
        assert_eq!(read(&packed, Format::Csv).0, plain);
        let twice = [packed.clone(), packed.clone()].concat();
        assert!(read(&twice, Format::Csv).1.is_none(), "several members");
        for end in 2..packed.len() {
            let fault = read(&packed[..end], Format::Csv).1.unwrap();
            assert_eq!(fault.code(), "bad_gzip", "cut at {end}");
        }
    }

    #[test]
    fn a_row_of_a_gigabyte_would_cost_its_row_only() {
        let long = "x".repeat(200_000);
        let csv = format!("{CSV}\n2026-01-04,{long},spotify,,1\n2026-01-05,streams,spotify,,5\n");
        let (rows, fault) = read(csv.as_bytes(), Format::Csv);
        assert!(fault.is_none());
        assert_eq!(
            (rows.len(), lines_refused(&rows)),
            (5, vec![(4, "value"), (6, "")])
        );
        let json = JSON.replace("spotify", &long);
        assert_eq!(
            lines_refused(&read(json.as_bytes(), Format::Json).0).len(),
            3
        );
    }

    #[test]
    fn what_has_no_end_or_too_much_is_a_fault_of_the_file() {
        let code = |bytes: &str, format| read(bytes.as_bytes(), format).1.map(|fault| fault.code());
        assert_eq!(code("", Format::Csv), Some("bad_header"));
        assert_eq!(code("a,b\n1,2\n", Format::Csv), Some("bad_header"));
        for bad in ["[", "[{", "[{}", "[{},]", "[{}] x", "[\"", "[{\"a\":\"\\"] {
            assert_eq!(code(bad, Format::Json), Some("bad_json"), "{bad}");
        }
        assert_eq!(code("[]", Format::Json), None);
        let mut records = Records::open(file(CSV.as_bytes()), Format::Csv, latest())
            .unwrap()
            .of_most(2);
        let (rows, fault) = all(&mut records);
        assert_eq!((rows.len(), fault.unwrap().code()), (2, "too_many_rows"));
        let mut source = Source::of_most(file(CSV.as_bytes()), 10).unwrap();
        let count = source.fill().unwrap().len();
        source.consume(count);
        assert_eq!(source.fill().unwrap_err().code(), "too_large");
    }

    #[test]
    fn no_bytes_panic() {
        let mut state = 7_u64;
        let mut random = |below: usize| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % below
        };
        for _ in 0..4000 {
            for (text, format) in [(CSV, Format::Csv), (JSON, Format::Json)] {
                let mut bytes = text.as_bytes().to_vec();
                for _ in 0..=random(4) {
                    let at = random(bytes.len());
                    match random(3) {
                        0 => bytes[at] = u8::try_from(random(256)).unwrap(),
                        1 => bytes.truncate(at.max(1)),
                        _ => bytes.insert(at, b"\0\"\\[]{},\n\xff"[random(10)]),
                    }
                }
                let (rows, _) = read(&bytes, format);
                assert!(rows.len() < 20);
            }
        }
    }
}
