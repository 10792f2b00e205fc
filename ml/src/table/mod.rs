//! CSV files as tables of text, with the line that every row came from.

mod file;

use std::io::{Read, Write};

use crate::{MlError, Result};

pub use file::{create, open};

/// Most columns a table may have.
pub const MOST_COLUMNS: usize = 4096;
/// Most cells that are read into memory.
pub const MOST_CELLS: usize = 200_000_000;

/// A header and rows of as many cells. Cells are kept as they were written, without the white
/// space around them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
}

/// One row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// The line that it began on, counted from 1; the first of the blank lines before it, if any.
    pub line: u64,
    cells: csv::StringRecord,
}

impl Row {
    /// A cell by its column's place; empty where there is none.
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).unwrap_or_default()
    }
}

impl Table {
    /// Reads a table whose first line is its header.
    ///
    /// # Errors
    ///
    /// [`MlError::Line`] for text that is not UTF-8, a row with too many or too few cells, and a
    /// column without a name or with another's; [`MlError::Data`] without a header or for too much
    /// of it all.
    pub fn read(reader: impl Read) -> Result<Self> {
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(reader);
        let header = reader.headers().map_err(refused)?.clone();
        if header.is_empty() {
            return Err(MlError::Data("there is no header line".to_owned()));
        }
        if header.len() > MOST_COLUMNS {
            return Err(MlError::Data(format!(
                "there are more than {MOST_COLUMNS} columns"
            )));
        }
        let columns = named(&header)?;
        let mut rows = Vec::new();
        for record in reader.into_records() {
            let cells = record.map_err(refused)?;
            if (rows.len() + 1).saturating_mul(columns.len()) > MOST_CELLS {
                return Err(MlError::Data(format!(
                    "there are more than {MOST_CELLS} cells"
                )));
            }
            let line = cells.position().map_or(0, csv::Position::line);
            rows.push(Row { line, cells });
        }
        Ok(Self { columns, rows })
    }

    /// A table of cells at hand. Rows are counted from 0 in place of lines, white space around cells
    /// is dropped, and a cell that a row lacks is empty.
    pub fn of(columns: Vec<String>, rows: impl IntoIterator<Item = Vec<String>>) -> Self {
        let rows = (0..).zip(rows).map(|(line, cells)| Row {
            line,
            cells: cells.iter().map(|cell| cell.trim()).collect(),
        });
        Self {
            columns,
            rows: rows.collect(),
        }
    }

    /// Writes it down as CSV.
    ///
    /// # Errors
    ///
    /// [`MlError::Io`] when the bytes can't be written.
    pub fn write(&self, writer: impl Write) -> Result<()> {
        let failed = |error: csv::Error| MlError::Io(error.into());
        let mut writer = csv::Writer::from_writer(writer);
        writer.write_record(&self.columns).map_err(failed)?;
        for row in &self.rows {
            let cells = (0..self.columns.len()).map(|place| row.cell(place));
            writer.write_record(cells).map_err(failed)?;
        }
        Ok(writer.flush()?)
    }

    /// The columns' names in their order.
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows in their order.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The place of the column of this name.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|name| name == column)
    }

    /// The same columns with the rows at these places, in this order.
    #[must_use]
    pub fn select(&self, places: &[usize]) -> Self {
        let rows = places.iter().filter_map(|place| self.rows.get(*place));
        Self {
            columns: self.columns.clone(),
            rows: rows.cloned().collect(),
        }
    }
}

fn named(header: &csv::StringRecord) -> Result<Vec<String>> {
    let mut columns: Vec<String> = Vec::new();
    for (place, name) in (1..).zip(header) {
        // Spreadsheets put a byte order mark before the first name.
        let name = name.trim_start_matches('\u{feff}');
        if name.is_empty() {
            let which = format!("column {place}");
            return Err(MlError::line(1, which, "must have a name"));
        }
        if columns.iter().any(|other| other == name) {
            return Err(MlError::line(1, name, "must be there only once"));
        }
        columns.push(name.to_owned());
    }
    Ok(columns)
}

/// A fault of the file, in the words of this crate.
fn refused(error: csv::Error) -> MlError {
    let line = error.position().map_or(1, csv::Position::line);
    match error.into_kind() {
        csv::ErrorKind::Io(error) => MlError::Io(error),
        csv::ErrorKind::Utf8 { err, .. } => {
            let field = format!("cell {}", err.field() + 1);
            MlError::line(line, field, "must be UTF-8 text")
        }
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => MlError::line(
            line,
            "row",
            format!("must have {expected_len} cells as the header has, not {len}"),
        ),
        other => MlError::Data(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &[u8]) -> String {
        Table::read(text).map_or_else(|error| error.to_string(), |table| format!("{table:?}"))
    }

    #[test]
    fn what_is_written_is_read_back() {
        let cells = ["a, \"b\"\nc", "", "1"].map(ToOwned::to_owned).to_vec();
        let columns = ["x", "y,z", "w"].map(ToOwned::to_owned).to_vec();
        let table = Table::of(columns, [cells.clone(), cells]);
        let mut bytes = Vec::new();
        table.write(&mut bytes).unwrap();
        let read = Table::read(bytes.as_slice()).unwrap();
        assert_eq!((read.columns(), read.rows().len()), (table.columns(), 2));
        assert_eq!(read.rows()[1].cell(0), "a, \"b\"\nc");
    }

    #[test]
    fn cells_are_found_by_column_and_line() {
        let table = Table::read("\u{feff}a, b \n1,\"x\ny\"\n 2 ,3\n".as_bytes()).unwrap();
        assert_eq!(table.columns(), ["a", "b"]);
        let cells: Vec<(u64, &str, &str)> = table
            .rows()
            .iter()
            .map(|row| (row.line, row.cell(0), row.cell(1)))
            .collect();
        assert_eq!(cells, [(2, "1", "x\ny"), (4, "2", "3")]);
    }

    #[test]
    fn a_bad_file_names_line_field_and_rule() {
        assert_eq!(message(b"a,a\n"), "line 1, a: must be there only once");
        assert_eq!(message(b"a,\n"), "line 1, column 2: must have a name");
        assert_eq!(
            message(b"a,b\n1,2\n3\n"),
            "line 3, row: must have 2 cells as the header has, not 1"
        );
        assert_eq!(
            message(b"a,b\n1,\xff\n"),
            "line 2, cell 2: must be UTF-8 text"
        );
        assert!(message(b"").contains("no header"));
    }
}
