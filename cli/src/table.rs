//! Tables for people: columns as wide as what is in them.

/// A table that is printed when all its rows are known.
pub struct Table<const N: usize> {
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these words above its columns.
    pub fn new(head: [&str; N]) -> Self {
        Self {
            rows: vec![head.map(ToOwned::to_owned)],
        }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: [String; N]) {
        self.rows.push(cells);
    }

    /// Prints it.
    pub fn print(&self) {
        for line in self.lines() {
            say!("{line}");
        }
    }

    fn lines(&self) -> impl Iterator<Item = String> {
        let mut widths = [0; N];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        self.rows.iter().map(move |row| {
            let cells = row.iter().zip(widths);
            let padded: Vec<_> = cells
                .map(|(cell, width)| format!("{cell:width$}"))
                .collect();
            padded.join("  ").trim_end().to_owned()
        })
    }
}

/// A time to the second, or a dash.
pub fn time(at: Option<db::Time>) -> String {
    at.map_or_else(
        || "-".to_owned(),
        |at| at.utc().format("%Y-%m-%d %H:%M:%SZ").to_string(),
    )
}

/// A duration in its largest unit that is not nothing, as in `3.2 s` or `5 h`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 0.0005 => "0 s".to_owned(),
        s if s < 1.0 => format!("{:.0} ms", s * 1000.0),
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 7200.0 => format!("{:.0} min", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} h", s / 3600.0),
        s => format!("{:.0} d", s / 86_400.0),
    }
}

/// A text, or a dash.
pub fn text(text: Option<&str>) -> String {
    text.unwrap_or("-").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut table = Table::new(["id", "state", "x"]);
        table.row(["1".into(), "waiting".into(), String::new()]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines, ["id  state    x", "1   waiting"]);
    }

    #[test]
    fn durations_are_short() {
        let shown = [0.0, 0.0123, 3.21, 300.0, 9000.0, 800_000.0].map(duration);
        assert_eq!(shown, ["0 s", "12 ms", "3.2 s", "5 min", "2 h", "9 d"]);
    }
}
