//! Keeps the rows that were asked about under a key, where the model is looked after.

use std::collections::{BTreeMap, HashSet};

use ::jobs::insight::ChurnAnswer;
use ::models::ArtistId;
use ::models::upkeep::{self, Seen, UpkeepRow};
use db::{DbError, Document};
use serde_json::Value;

use crate::app::App;
use crate::error::Problem;

/// Most characters of a key.
const LONGEST_KEY: usize = 128;

type Row = BTreeMap<String, Value>;

/// The keys of all rows: the cells of the column that is said to name them.
pub fn keys(column: &str, rows: &[Row]) -> Result<Vec<String>, Problem> {
    let mut seen = HashSet::with_capacity(rows.len());
    let key = |(place, row): (usize, &Row)| {
        let broken =
            |code, rule: String| Problem::invalid(format!("rows[{place}].{column}"), code, rule);
        let key = match row.get(column) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            None => {
                let rule = format!("The request says that {column} names the rows.");
                return Err(broken("missing_column", rule));
            }
            Some(_) => {
                let rule = "A key must be text or a number.".to_owned();
                return Err(broken("invalid_field", rule));
            }
        };
        let length = key.chars().count();
        if !(1..=LONGEST_KEY).contains(&length) || key.contains(char::is_control) {
            let rule =
                format!("A key must have 1 to {LONGEST_KEY} characters, none of them a control.");
            return Err(broken("invalid_field", rule));
        }
        if !seen.insert(key.clone()) {
            let rule = "A key must not be that of another row.".to_owned();
            return Err(broken("invalid_field", rule));
        }
        Ok(key)
    };
    rows.iter().enumerate().map(key).collect()
}

/// Keeps answered rows under their keys, and says how many are new.
pub async fn kept(
    app: &App,
    upkeep: UpkeepRow,
    keys: Vec<String>,
    rows: Vec<Row>,
    answer: &ChurnAnswer,
) -> Result<usize, Problem> {
    let seen = keys.into_iter().zip(rows).zip(&answer.rows);
    let seen: Vec<Seen> = seen
        .map(|((key, row), judged)| Seen {
            key,
            cells: cells(row, &answer.columns),
            probability: judged.probability,
        })
        .collect();
    let (artist, version): (ArtistId, String) = (upkeep.artist_id, answer.version.clone());
    let (now, model) = (app.queue.now(), upkeep.model.clone());
    let bounds = upkeep.kept(now);
    let kept = app.pool.tx::<_, DbError, _>(move |db| {
        Box::pin(async move { upkeep::keep(db, artist, &model, &version, seen, bounds, now).await })
    });
    match kept.await {
        Ok(new) => Ok(new),
        // It was turned off meanwhile: the foreign key says so.
        Err(DbError::Constraint { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// The columns that the version asked for.
fn cells(mut row: Row, columns: &[String]) -> Document {
    let cells = columns.iter().map(|column| {
        let cell = match row.remove(column) {
            // PostgreSQL's JSON can't have it.
            Some(Value::String(text)) if text.contains('\0') => {
                text.replace('\0', "\u{fffd}").into()
            }
            Some(cell) => cell,
            None => Value::Null,
        };
        (column.clone(), cell)
    });
    Document(Value::Object(cells.collect()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rows(cells: &[Value]) -> Vec<Row> {
        let row = |cell: &Value| Row::from([("id".to_owned(), cell.clone())]);
        cells.iter().map(row).collect()
    }

    #[test]
    fn keys_are_text_or_numbers_and_no_two_are_the_same() {
        let found = keys("id", &rows(&[json!("a"), json!(7)])).unwrap();
        assert_eq!(found, ["a", "7"]);
        for (cells, field) in [
            (rows(&[json!("7"), json!(7)]), "rows[1].id"),
            (rows(&[json!("")]), "rows[0].id"),
            (rows(&[json!("a\nb")]), "rows[0].id"),
            (rows(&[json!("x".repeat(129))]), "rows[0].id"),
            (rows(&[json!(null)]), "rows[0].id"),
            (rows(&[json!("a"), json!([1])]), "rows[1].id"),
        ] {
            let problem = keys("id", &cells).unwrap_err();
            assert_eq!(problem.field.as_deref(), Some(field));
            assert_eq!(problem.code, "invalid_field");
        }
        let problem = keys("key", &rows(&[json!("a")])).unwrap_err();
        assert_eq!(problem.code, "missing_column");
    }

    #[test]
    fn only_what_the_version_asked_for_is_kept() {
        let row = json!({ "id": "a", "plan": "fr\0ee", "mail": "x@example.com" });
        let row: Row = serde_json::from_value(row).unwrap();
        let kept = cells(row, &["plan".to_owned(), "age".to_owned()]).0;
        assert_eq!(kept, json!({ "plan": "fr\u{fffd}ee", "age": null }));
    }
}
