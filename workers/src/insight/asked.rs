//! Rows as they are asked about, as the table that a model reads.

use std::collections::BTreeMap;

use jobs::insight::Refusal;
use ml::MlError;
use ml::churn::Schema;
use ml::table::Table;
use ml::trees::Matrix;
use serde_json::Value;

/// The model's inputs of every row. Each column that the model asks for must be in every row, as
/// null where its value is not known: a name that is misspelt is not taken for a missing value.
pub fn inputs(schema: &Schema, rows: &[BTreeMap<String, Value>]) -> Result<Matrix, Refusal> {
    let columns = schema.columns();
    let mut cells = Vec::with_capacity(rows.len());
    for (place, row) in rows.iter().enumerate() {
        let cell = |column: &&str| {
            let value = row.get(*column).ok_or_else(|| Refusal::Broken {
                field: field(place, column),
                code: "missing_column",
                rule: format!(
                    "The model asks for the column {column}. Send null for what is not known."
                ),
            })?;
            text(value).ok_or_else(|| Refusal::Broken {
                field: field(place, column),
                code: "invalid_field",
                rule: "A cell must be text, a number, true, false or null.".to_owned(),
            })
        };
        cells.push(columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
    }
    let columns = columns.into_iter().map(ToOwned::to_owned).collect();
    schema
        .encode(&Table::of(columns, cells))
        .map_err(|error| match error {
            MlError::Line { line, field, rule } => Refusal::Broken {
                field: format!("rows[{line}].{field}"),
                code: "not_a_number",
                rule: format!("{field} {rule}."),
            },
            other => Refusal::Internal(other.to_string()),
        })
}

fn field(row: usize, column: &str) -> String {
    format!("rows[{row}].{column}")
}

/// A cell as a file of rows would have it; none for lists and objects.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use ml::churn::{Feature, Kind, Target};
    use serde_json::json;

    use super::*;

    fn asked(row: Value) -> Result<Vec<f32>, (String, &'static str)> {
        let feature = |column: &str, kind| Feature {
            column: column.to_owned(),
            kind,
        };
        let schema = Schema {
            target: Target {
                column: "left".to_owned(),
            },
            features: vec![
                feature("age", Kind::Number),
                feature("plan", Kind::Category("gold".to_owned())),
            ],
            dropped: Vec::new(),
        };
        let rows = [serde_json::from_value(row).unwrap()];
        inputs(&schema, &rows)
            .map(|matrix| matrix.row(0))
            .map_err(|refusal| match refusal {
                Refusal::Broken { field, code, rule } if rule.ends_with('.') => (field, code),
                other => panic!("{other:?}"),
            })
    }

    #[test]
    fn cells_are_read_as_in_a_file() {
        let row = json!({ "age": 41, "plan": " gold ", "left": "perhaps" });
        assert_eq!(asked(row).unwrap(), [41.0, 1.0]);
        let found = asked(json!({ "age": null, "plan": true })).unwrap();
        assert!(found[0].is_nan() && found[1] == 0.0);
    }

    #[test]
    fn what_can_not_be_judged_is_named_by_row_and_column() {
        for (row, field, code) in [
            (json!({ "age": 41 }), "rows[0].plan", "missing_column"),
            (
                json!({ "age": [], "plan": "" }),
                "rows[0].age",
                "invalid_field",
            ),
            (
                json!({ "age": "old", "plan": "" }),
                "rows[0].age",
                "not_a_number",
            ),
        ] {
            assert_eq!(asked(row).unwrap_err(), (field.to_owned(), code));
        }
    }
}
