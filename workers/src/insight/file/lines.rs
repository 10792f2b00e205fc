//! Lines of bounded length, counted.

use super::source::Source;
use super::{FileFault, LONGEST_ROW};

/// Reads a source line by line.
pub struct Lines {
    from: Source,
    number: u64,
    line: Vec<u8>,
}

/// A line without its end.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    /// All of it.
    Whole(&'a [u8]),
    /// It is longer than any row; its bytes were passed over.
    TooLong,
}

impl Lines {
    /// Lines from here on.
    pub fn new(from: Source) -> Self {
        Self {
            from,
            number: 0,
            line: Vec::new(),
        }
    }

    /// What the lines come from.
    pub fn source(&self) -> &Source {
        &self.from
    }

    /// The next line that is not empty, and its number, counted from 1.
    pub fn next(&mut self) -> Result<Option<(u64, Line<'_>)>, FileFault> {
        loop {
            let Some(whole) = self.read()? else {
                return Ok(None);
            };
            if !whole {
                return Ok(Some((self.number, Line::TooLong)));
            }
            while matches!(self.line.last(), Some(b'\n' | b'\r')) {
                self.line.pop();
            }
            if !self.line.iter().all(u8::is_ascii_whitespace) {
                return Ok(Some((self.number, Line::Whole(&self.line))));
            }
        }
    }

    /// Reads a line with its end; whether it is whole. None at the end of the source.
    fn read(&mut self) -> Result<Option<bool>, FileFault> {
        self.line.clear();
        let (mut any, mut whole) = (false, true);
        loop {
            let bytes = self.from.fill()?;
            if bytes.is_empty() {
                break;
            }
            if !any {
                any = true;
                self.number += 1;
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let part = end.map_or(bytes, |end| bytes.get(..=end).unwrap_or(bytes));
            whole &= self.line.len() + part.len() <= LONGEST_ROW;
            if whole {
                self.line.extend_from_slice(part);
            }
            let count = part.len();
            self.from.consume(count);
            if end.is_some() {
                break;
            }
        }
        Ok(any.then_some(whole))
    }
}
