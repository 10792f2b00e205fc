//! A churn model's inputs as columns that can have drifted.

use ml::churn::{Kind, Schema};
use ml::trees::Matrix;
use ml::upkeep::{Column, Values};

/// What the probabilities are called among the columns: no column of a file can be called so.
const PROBABILITY: &str = "(probability)";

/// The columns of rows that were learned from, and of rows that were asked about.
pub fn columns(schema: &Schema, before: &Matrix, now: &Matrix) -> Vec<Column> {
    let mut columns = Vec::new();
    for name in schema.columns() {
        let features = schema.features.iter().enumerate();
        let places: Vec<usize> = features
            .filter(|(_, feature)| feature.column == name)
            .map(|(place, _)| place)
            .collect();
        let is_number = places.first().and_then(|place| schema.features.get(*place));
        let is_number = is_number.is_some_and(|feature| feature.kind == Kind::Number);
        columns.push(Column {
            name: name.to_owned(),
            before: values(before, &places, is_number),
            before_rows: before.rows(),
            now: values(now, &places, is_number),
        });
    }
    columns
}

/// The probabilities as a column: how they were spread on rows left out at the training, of which there were
/// so many, and how they are.
pub fn probabilities(spread: &[f64], rows: u64, now: Vec<f64>) -> Column {
    Column {
        name: PROBABILITY.to_owned(),
        before: Values::Numbers(spread.to_vec()),
        before_rows: usize::try_from(rows).unwrap_or(usize::MAX),
        now: Values::Numbers(now),
    }
}

fn values(matrix: &Matrix, places: &[usize], is_number: bool) -> Values {
    let features = || {
        places
            .iter()
            .filter_map(|place| matrix.columns().get(*place))
    };
    if is_number {
        let numbers = features().flatten().map(|value| f64::from(*value));
        return Values::Numbers(numbers.collect());
    }
    let mut words = vec![0; matrix.rows()];
    for (number, feature) in (1..).zip(features()) {
        for (word, value) in words.iter_mut().zip(feature) {
            if *value > 0.5 {
                *word = number;
            }
        }
    }
    Values::Words(words)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use ml::churn::Choice;
    use ml::table::Table;

    use super::*;

    #[test]
    fn columns_are_told_as_they_are_in_the_file() {
        let mut text = "plan,age,left\n".to_owned();
        for row in 0..60 {
            let plan = ["free", "paid", "student", ""]
                .get(row % 4)
                .copied()
                .unwrap();
            let age = if row % 10 == 0 {
                String::new()
            } else {
                row.to_string()
            };
            writeln!(text, "{plan},{age},{}", row % 2).unwrap();
        }
        let table = Table::read(text.as_bytes()).unwrap();
        let schema = Schema::learn(&table, "left", &Choice::default()).unwrap();
        let before = schema.encode(&table).unwrap();
        let now = schema.encode(&table.select(&[0, 1, 5])).unwrap();
        let found = columns(&schema, &before, &now);
        assert_eq!(found.len(), 2);
        let Values::Words(plans) = &found[0].before else {
            panic!("{found:?}")
        };
        let mut known = plans.clone();
        known.sort_unstable();
        known.dedup();
        // Three plans, and what is missing.
        assert_eq!((known.len(), found[0].before_rows), (4, 60));
        let Values::Words(plans) = &found[0].now else {
            panic!("{found:?}")
        };
        assert!(plans[1] == plans[2] && plans[0] != plans[1]);
        let Values::Numbers(ages) = &found[1].now else {
            panic!("{found:?}")
        };
        assert!(ages[0].is_nan() && ages[1..] == [1.0, 5.0]);
    }
}
