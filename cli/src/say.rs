//! Lines on standard output. Who closes it early, as `head` does, wants no more lines; the work
//! goes on all the same.

use std::fmt::Arguments;
use std::io::Write;

/// A line on standard output, as `println!` makes it.
macro_rules! say {
    () => {
        $crate::say::line(format_args!(""))
    };
    ($($line:tt)*) => {
        $crate::say::line(format_args!($($line)*))
    };
}

/// Writes one line.
pub fn line(line: Arguments<'_>) {
    // There is nobody left to tell of a failure.
    let _ = writeln!(std::io::stdout(), "{line}");
}
