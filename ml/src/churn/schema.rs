//! What a table's columns mean, learned from the table: the target, numbers, categories, and what
//! can't help.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::table::{Row, Table};
use crate::trees::Matrix;
use crate::{MlError, Result};

/// Most categories of a column that have a feature of their own; the others share none.
const MOST_CATEGORIES: usize = 32;
/// A category of fewer rows is like no category at all.
const LEAST_ROWS: usize = 5;
/// Cells that say that there is nothing, in lower case.
const MISSING: [&str; 7] = ["", "na", "n/a", "nan", "null", "none", "?"];

/// Which columns to learn from.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// Only these, when there are any.
    pub only: Vec<String>,
    /// Not these.
    pub drop: Vec<String>,
}

/// What a feature is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The column's number; NaN where it is missing.
    Number,
    /// 1 where the column says this, else 0. Empty for what is missing.
    Category(String),
}

/// One input of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feature {
    /// The column.
    pub column: String,
    /// How its cells become a number.
    pub kind: Kind,
}

/// A column that isn't learned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// The column.
    pub column: String,
    /// Why not.
    pub because: String,
}

/// The column to predict.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The column: 1, yes or true, against 0, no or false.
    pub column: String,
}

/// The inputs in the model's order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// What is predicted.
    pub target: Target,
    /// What it is predicted from.
    pub features: Vec<Feature>,
    /// What was left out.
    pub dropped: Vec<Dropped>,
}

impl Schema {
    /// Learns a schema. A column whose cells all are finite numbers is a number; any other is
    /// categories, unless hardly two rows share one.
    ///
    /// # Errors
    ///
    /// [`MlError::Line`] for a column that is asked for and not there; [`MlError::Data`] where
    /// nothing is left to learn from.
    pub fn learn(table: &Table, target: &str, choice: &Choice) -> Result<Self> {
        for column in choice
            .only
            .iter()
            .chain(&choice.drop)
            .map(String::as_str)
            .chain([target])
        {
            place(table, column)?;
        }
        let mut schema = Self {
            target: Target {
                column: target.to_owned(),
            },
            features: Vec::new(),
            dropped: Vec::new(),
        };
        for (place, column) in table.columns().iter().enumerate() {
            let wanted = choice.only.is_empty() || choice.only.contains(column);
            if column == target {
                continue;
            }
            if !wanted || choice.drop.contains(column) {
                schema.drop(column, "it was not asked for");
            } else {
                schema.add(column, table.rows().iter().map(|row| row.cell(place)));
            }
        }
        if schema.features.is_empty() {
            return Err(MlError::Data("no column is left to learn from".to_owned()));
        }
        Ok(schema)
    }

    fn drop(&mut self, column: &str, because: &str) {
        self.dropped.push(Dropped {
            column: column.to_owned(),
            because: because.to_owned(),
        });
    }

    fn add<'a>(&mut self, column: &str, cells: impl Iterator<Item = &'a str>) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for cell in cells {
            *counts
                .entry(if missing(cell) { "" } else { cell })
                .or_default() += 1;
        }
        let absent = counts.get("").copied().unwrap_or_default();
        let known: Vec<(&str, usize)> = counts
            .into_iter()
            .filter(|(cell, _)| !cell.is_empty())
            .collect();
        let rows: usize = known.iter().map(|(_, count)| count).sum();
        if known.len() + usize::from(absent > 0) < 2 {
            return self.drop(column, "it says the same of all rows");
        }
        if known.iter().all(|(cell, _)| number(cell).is_some()) {
            return self.features.push(Feature {
                column: column.to_owned(),
                kind: Kind::Number,
            });
        }
        if known.len() > MOST_CATEGORIES && known.len() * 2 > rows {
            return self.drop(column, "hardly two rows share a value");
        }
        let mut frequent = known;
        frequent.push(("", absent));
        frequent.retain(|(_, count)| *count >= LEAST_ROWS);
        // By falling count; equal ones stay in the order of their names.
        frequent.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        frequent.truncate(MOST_CATEGORIES);
        if frequent.len() == 2 {
            // The one is what the other is not, and a third is neither only where it is rare.
            frequent.truncate(1);
        }
        if frequent.is_empty() {
            return self.drop(column, "every value is rare");
        }
        self.features
            .extend(frequent.into_iter().map(|(cell, _)| Feature {
                column: column.to_owned(),
                kind: Kind::Category(cell.to_owned()),
            }));
    }

    /// The columns that features are made of, in their order, each once.
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = self
            .features
            .iter()
            .map(|feature| feature.column.as_str())
            .collect();
        columns.dedup();
        columns
    }

    /// For each feature the place of its column in [`Self::columns`].
    pub fn players(&self) -> Vec<usize> {
        let columns = self.columns();
        let place = |feature: &Feature| columns.iter().position(|column| *column == feature.column);
        self.features
            .iter()
            .map(|feature| place(feature).unwrap_or_default())
            .collect()
    }

    /// A table's rows as the model's inputs. Columns may come in any order, and others beside them.
    ///
    /// # Errors
    ///
    /// [`MlError::Line`] for a column that isn't there, and a cell that isn't the number that it
    /// must be.
    pub fn encode(&self, table: &Table) -> Result<Matrix> {
        let columns: Result<Vec<Vec<f32>>> = self
            .features
            .iter()
            .map(|feature| {
                let place = place(table, &feature.column)?;
                table
                    .rows()
                    .iter()
                    .map(|row| feature.encode(row, place))
                    .collect()
            })
            .collect();
        Matrix::new(table.rows().len(), columns?)
    }
}

impl Feature {
    fn encode(&self, row: &Row, place: usize) -> Result<f32> {
        let cell = row.cell(place);
        match &self.kind {
            Kind::Category(name) if missing(cell) => Ok(f32::from(u8::from(name.is_empty()))),
            Kind::Category(name) => Ok(f32::from(u8::from(name == cell))),
            Kind::Number if missing(cell) => Ok(f32::NAN),
            Kind::Number => number(cell).ok_or_else(|| {
                MlError::line(
                    row.line,
                    self.column.as_str(),
                    "must be a finite number, or empty",
                )
            }),
        }
    }
}

/// The target of every row.
///
/// # Errors
///
/// [`MlError::Line`] for one that is neither yes nor no in a known way.
pub fn truths(table: &Table, target: &str) -> Result<Vec<bool>> {
    let place = place(table, target)?;
    let truth = |row: &Row| {
        let cell = row.cell(place).to_ascii_lowercase();
        match cell.as_str() {
            "1" | "1.0" | "yes" | "true" | "y" | "t" => Ok(true),
            "0" | "0.0" | "no" | "false" | "n" | "f" => Ok(false),
            _ => Err(MlError::line(
                row.line,
                target,
                "must be 1, yes or true, or 0, no or false",
            )),
        }
    };
    table.rows().iter().map(truth).collect()
}

fn place(table: &Table, column: &str) -> Result<usize> {
    table
        .place(column)
        .ok_or_else(|| MlError::line(1, column, "there must be a column of this name"))
}

fn missing(cell: &str) -> bool {
    MISSING.iter().any(|word| word.eq_ignore_ascii_case(cell))
}

/// A finite number in single precision. The lowest one stands for what is missing (see
/// [`Binned`](crate::trees::Binned)) and is none.
fn number(cell: &str) -> Option<f32> {
    cell.parse()
        .ok()
        .filter(|number: &f32| number.is_finite() && *number > f32::MIN)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn table(text: &str) -> Table {
        Table::read(text.as_bytes()).unwrap()
    }

    fn many() -> String {
        let mut text = "id,plan,age,city,same,churn\n".to_owned();
        for row in 0..60 {
            let plan = ["basic", "gold", ""][row % 3];
            let age = if row % 7 == 0 {
                "NA".to_owned()
            } else {
                row.to_string()
            };
            let city = if row % 2 == 0 { "Rome" } else { "Oslo" };
            let churn = ["yes", "No"][row % 2];
            writeln!(text, "u{row},{plan},{age},{city},x,{churn}").unwrap();
        }
        text
    }

    #[test]
    fn columns_are_told_apart_by_what_is_in_them() {
        let schema = Schema::learn(&table(&many()), "churn", &Choice::default()).unwrap();
        let category = |column: &str, name: &str| Feature {
            column: column.to_owned(),
            kind: Kind::Category(name.to_owned()),
        };
        let age = Feature {
            column: "age".to_owned(),
            kind: Kind::Number,
        };
        let plans = ["basic", "gold", ""].map(|name| category("plan", name));
        let expected = [&plans[..], &[age, category("city", "Oslo")]].concat();
        assert_eq!(schema.features, expected);
        let dropped: Vec<&str> = schema
            .dropped
            .iter()
            .map(|dropped| dropped.column.as_str())
            .collect();
        assert_eq!(dropped, ["id", "same"]);
        assert_eq!(schema.players(), [0, 0, 0, 1, 2]);
    }

    #[test]
    fn rows_are_encoded_whatever_the_order_of_their_columns() {
        let schema = Schema::learn(&table(&many()), "churn", &Choice::default()).unwrap();
        let rows = table("city,plan,age\nOslo,gold,3\nLima,iron,\nRome,,1e3\n");
        let matrix = schema.encode(&rows).unwrap();
        assert_eq!(matrix.row(0), [0.0, 1.0, 0.0, 3.0, 1.0]);
        assert_eq!(matrix.row(1)[..3], [0.0, 0.0, 0.0]);
        assert!(matrix.row(1)[3].is_nan());
        assert_eq!(matrix.row(2), [0.0, 0.0, 1.0, 1000.0, 0.0]);
    }

    #[test]
    fn columns_can_be_chosen() {
        let choice = Choice {
            only: vec!["age".to_owned(), "plan".to_owned()],
            drop: vec!["plan".to_owned()],
        };
        let schema = Schema::learn(&table(&many()), "churn", &choice).unwrap();
        assert_eq!(schema.columns(), ["age"]);
    }

    #[test]
    fn what_cannot_be_used_is_named_by_line_column_and_rule() {
        let schema = Schema::learn(&table(&many()), "churn", &Choice::default()).unwrap();
        let refused = |text: &str| schema.encode(&table(text)).unwrap_err().to_string();
        assert_eq!(
            refused("city,plan,age\nOslo,gold,3\nOslo,gold,old\n"),
            "line 3, age: must be a finite number, or empty"
        );
        assert_eq!(
            refused("city,plan\n"),
            "line 1, age: there must be a column of this name"
        );
        let target = truths(&table("churn\n1\nperhaps\n"), "churn").unwrap_err();
        assert_eq!(
            target.to_string(),
            "line 3, churn: must be 1, yes or true, or 0, no or false"
        );
        assert_eq!(target.code(), "bad_line");
    }

    #[test]
    fn what_is_not_finite_in_single_precision_is_no_number() {
        assert!(number("inf").is_none() && number("1e39").is_none() && number("-1e-3").is_some());
    }
}
