//! What makes a file unreadable from some place on.

use std::io;

/// Why no more rows can be read. Rows before it stand.
#[derive(Debug, thiserror::Error)]
pub enum FileFault {
    /// The first line is no header that names the columns.
    #[error("the header must name the columns date, metric, source, track and value: {0}")]
    Header(&'static str),
    /// More rows than a file may have.
    #[error("a file has at most {0} rows")]
    TooManyRows(u64),
    /// More bytes, once decompressed, than a file may have.
    #[error("a file has at most {0} bytes when it is decompressed")]
    TooLarge(u64),
    /// A JSON array that does not end, or goes on after its end.
    #[error("line {line}: {rule}")]
    Array {
        /// The line, counted from 1.
        line: u64,
        /// The rule that is broken.
        rule: &'static str,
    },
    /// Bytes that begin like gzip and are not.
    #[error("the file is compressed with gzip and damaged")]
    Gzip,
    /// The disk failed.
    #[error("the file can't be read: {0}")]
    Io(io::Error),
}

impl FileFault {
    /// The stable name of this fault.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Header(_) => "bad_header",
            Self::TooManyRows(_) => "too_many_rows",
            Self::TooLarge(_) => "too_large",
            Self::Array { .. } => "bad_json",
            Self::Gzip => "bad_gzip",
            Self::Io(_) => "file_unreadable",
        }
    }

    /// Whether another attempt may fare better.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Io(_))
    }
}
