//! The elements of a JSON array, one at a time and bounded, each with the line it begins on.

use super::source::Source;
use super::{FileFault, LONGEST_ROW};

/// Reads an array element by element. What is within an element is not looked at, but for the
/// brackets and quotes that say where it ends.
pub struct Elements {
    from: Source,
    line: u64,
    place: Place,
    element: Vec<u8>,
    whole: bool,
}

/// Where the reader stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Before the opening bracket.
    Before,
    /// Where an element may begin, or the array end (`true`: it may).
    Between { may_end: bool },
    /// Behind the closing bracket.
    After,
}

/// The line that an element begins on, and its bytes; these are absent where it is longer than any
/// row.
type Element<'a> = (u64, Option<&'a [u8]>);

/// What ends an element.
#[derive(Debug, Default)]
struct Nesting {
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Nesting {
    /// Takes one more byte; whether it still belongs to the element.
    fn takes(&mut self, byte: u8) -> bool {
        if self.quoted {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.quoted = false,
                _ => {}
            }
            return true;
        }
        match byte {
            b'"' => self.quoted = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b',' | b']' if self.depth == 0 => return false,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        true
    }
}

impl Elements {
    /// Reads from the first byte of the source.
    pub fn new(from: Source) -> Self {
        Self {
            from,
            line: 1,
            place: Place::Before,
            element: Vec::new(),
            whole: true,
        }
    }

    /// What the elements come from.
    pub fn source(&self) -> &Source {
        &self.from
    }

    /// The next element; none behind the last.
    pub fn next(&mut self) -> Result<Option<Element<'_>>, FileFault> {
        loop {
            let Some(byte) = self.peek()? else {
                return match self.place {
                    Place::After => Ok(None),
                    _ => self.fault("the array must end with ]"),
                };
            };
            if byte.is_ascii_whitespace() {
                self.step(byte);
                continue;
            }
            match (self.place, byte) {
                (Place::Before, b'[') => {
                    self.step(byte);
                    self.place = Place::Between { may_end: true };
                }
                (Place::Before, _) => return self.fault("an array must begin with ["),
                (Place::Between { may_end: true }, b']') => {
                    self.step(byte);
                    self.place = Place::After;
                }
                (Place::Between { .. }, b']') => {
                    return self.fault("an element must follow a comma");
                }
                (Place::After, _) => return self.fault("nothing may follow the array"),
                (Place::Between { .. }, _) => return self.element().map(Some),
            }
        }
    }

    /// Reads an element and the comma or bracket behind it.
    fn element(&mut self) -> Result<Element<'_>, FileFault> {
        let began = self.line;
        self.element.clear();
        self.whole = true;
        let mut nesting = Nesting::default();
        loop {
            let Some(byte) = self.peek()? else {
                return self.fault("the array must end with ]");
            };
            self.step(byte);
            if !nesting.takes(byte) {
                self.place = match byte {
                    b',' => Place::Between { may_end: false },
                    _ => Place::After,
                };
                break;
            }
            if self.element.len() < LONGEST_ROW {
                self.element.push(byte);
            } else {
                self.whole = false;
            }
        }
        Ok((began, self.whole.then_some(self.element.as_slice())))
    }

    fn peek(&mut self) -> Result<Option<u8>, FileFault> {
        Ok(self.from.fill()?.first().copied())
    }

    fn step(&mut self, byte: u8) {
        self.line += u64::from(byte == b'\n');
        self.from.consume(1);
    }

    fn fault<T>(&self, rule: &'static str) -> Result<T, FileFault> {
        Err(FileFault::Array {
            line: self.line,
            rule,
        })
    }
}
