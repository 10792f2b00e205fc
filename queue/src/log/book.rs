//! The lines of one attempt that are not written yet.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use db::Time;

use super::{KEPT, LogLevel, LogLine};
use crate::finish::cut;

/// Holds lines until the table has them. More than a job keeps are not held.
#[derive(Debug, Default)]
pub(crate) struct Logbook(Mutex<Pages>);

#[derive(Debug, Default)]
struct Pages {
    last: i32,
    unwritten: VecDeque<LogLine>,
}

impl Logbook {
    /// Adds a line of the attempt with this fence.
    pub(crate) fn add(&self, fence: i64, level: LogLevel, message: &str, at: Time) {
        let mut pages = self.pages();
        pages.last = pages.last.saturating_add(1);
        if pages.unwritten.len() >= KEPT {
            pages.unwritten.pop_front();
        }
        let line = LogLine {
            fence,
            seq: pages.last,
            at,
            level,
            message: cut(message),
        };
        pages.unwritten.push_back(line);
    }

    /// Whether the table has everything.
    pub(crate) fn is_written(&self) -> bool {
        self.pages().unwritten.is_empty()
    }

    /// What the table does not have yet, in order.
    pub(crate) fn unwritten(&self) -> Vec<LogLine> {
        self.pages().unwritten.iter().cloned().collect()
    }

    /// The table has everything up to this line, or will never have it.
    pub(crate) fn settled(&self, seq: i32) {
        self.pages().unwritten.retain(|line| line.seq > seq);
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_held_until_they_are_settled_and_the_oldest_go_first() {
        let book = Logbook::default();
        for number in 0..KEPT + 10 {
            let at = Time::from_micros(0);
            book.add(1, LogLevel::Info, &number.to_string(), at);
        }
        let lines = book.unwritten();
        assert_eq!((lines.len(), lines[0].seq), (KEPT, 11));
        assert_eq!(lines[0].message, "10");
        book.settled(lines[KEPT - 2].seq);
        assert_eq!(book.unwritten(), lines[KEPT - 1..]);
    }
}
