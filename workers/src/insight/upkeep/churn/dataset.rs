//! What a retraining learns from: rows that were observed with those that the artist handed in, put as a
//! dataset.

use db::Time;
use ml::churn::{Schema, truths};
use ml::registry::Version;
use ml::table::Table;
use ml::upkeep::Because;
use models::DatasetId;
use models::datasets::{self, DatasetRow};
use models::upkeep::ObservationRow;
use queue::Fault;
use storage::Key;

use super::seen::SeenBy;
use super::shadow::cells;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::asked::text;
use crate::insight::upkeep::looked::Looked;
use crate::insight::upkeep::retraining::Put;

/// What a retraining learns from.
pub struct Rows {
    /// The columns that the champion asks for.
    pub schema: Schema,
    /// What the champion has seen.
    pub seen: SeenBy,
    /// All rows that are kept, the newest first.
    pub observed: Vec<ObservationRow>,
}

/// Whether a retraining may learn from a row: its outcome is known, it is not held back, and it is not in what
/// the artist handed in.
pub fn learnable(row: &ObservationRow, base: &DatasetRow, held_back: f64) -> bool {
    row.outcome.is_some() && row.place >= held_back && row.observed_at > base.created_at
}

/// Puts the rows of a retraining into object storage.
pub async fn put(
    environment: &Environment,
    looked: &Looked,
    of: Rows,
    because: Because,
) -> Result<Put, Ending> {
    let Rows {
        schema,
        seen,
        mut observed,
    } = of;
    let gone = || Fault::permanent("dataset_gone", "the dataset was removed");
    let base = seen.base.ok_or_else(gone)?;
    let now = environment.queue.now();
    observed.retain(|row| learnable(row, &base, looked.policy.hold_back));
    observed.reverse();
    let folder = environment.storage.work_dir()?;
    let file = environment
        .open(&Key::new(base.object_key.clone())?, folder.path())
        .await?;
    let (target, newest) = (
        base.target.clone(),
        observed.last().map(|row| row.observed_at),
    );
    let written = tokio::task::spawn_blocking(move || {
        let table = Table::read(std::io::BufReader::new(file))?;
        written(&table, &schema, &target, &observed, because)
    });
    let (bytes, table) = written.await.map_err(Ending::died)??;
    let dataset = dataset(looked, &base, &bytes, &table, newest, now);
    let key = Key::new(dataset.object_key.clone())?;
    environment.storage.put_bytes(&key, bytes.into()).await?;
    Ok(Put {
        dataset,
        base: base.id,
    })
}

fn dataset(
    looked: &Looked,
    base: &DatasetRow,
    bytes: &[u8],
    table: &Table,
    newest: Option<Time>,
    now: Time,
) -> DatasetRow {
    let id = DatasetId::new();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let day = |at: Time| at.utc().format("%Y-%m-%d").to_string();
    DatasetRow {
        id,
        artist_id: base.artist_id,
        name: format!("upkeep of {}", looked.upkeep.model),
        target: base.target.clone(),
        row_count: count(table.rows().len()),
        column_count: i32::try_from(table.columns().len()).unwrap_or(i32::MAX),
        covers_from: base.covers_from.clone(),
        covers_to: newest.map(day),
        size_bytes: count(bytes.len()),
        // What names a bundle names any bytes.
        sha256: Version::of(bytes).to_string(),
        object_key: datasets::object_key(base.artist_id, id),
        created_at: now,
        removed_at: None,
    }
}

/// The rows of the base with those that were observed. Where answers have become worse, what went with
/// leaving has changed, and rows of before don't outweigh those of since; where only what is asked has moved,
/// all of them go along.
fn written(
    base: &Table,
    schema: &Schema,
    target: &str,
    observed: &[ObservationRow],
    because: Because,
) -> Result<(Vec<u8>, Table), Ending> {
    let mut columns: Vec<String> = schema.columns().into_iter().map(Into::into).collect();
    let places: Vec<Option<usize>> = columns.iter().map(|column| base.place(column)).collect();
    let truth = truths(base, target)?;
    let count = base.rows().len();
    let most = match because {
        Because::ErrorRose => count.min(observed.len()),
        _ => count,
    };
    let mut rows = Vec::with_capacity(most + observed.len());
    // Spread over the whole file.
    for place in (0..most).map(|place| place * count / most.max(1)) {
        let (Some(row), Some(truth)) = (base.rows().get(place), truth.get(place)) else {
            continue;
        };
        let cell = |place: &Option<usize>| place.map_or("", |place| row.cell(place)).to_owned();
        let mut cells: Vec<String> = places.iter().map(cell).collect();
        cells.push(bit(*truth));
        rows.push(cells);
    }
    for row in observed {
        let known = cells(row);
        let cell = |column: &String| known.get(column).and_then(text).unwrap_or_default();
        let mut cells: Vec<String> = columns.iter().map(cell).collect();
        cells.push(bit(row.outcome == Some(true)));
        rows.push(cells);
    }
    columns.push(target.to_owned());
    let table = Table::of(columns, rows);
    let mut bytes = Vec::new();
    table.write(&mut bytes)?;
    Ok((bytes, table))
}

fn bit(truth: bool) -> String {
    u8::from(truth).to_string()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use db::Document;
    use ml::churn::Choice;
    use models::ArtistId;
    use serde_json::json;

    use super::*;

    #[test]
    fn old_rows_do_not_outweigh_new_ones_where_the_error_rose() {
        let mut text = "id,plan,left\n".to_owned();
        for row in 0..100 {
            let plan = if row % 3 == 0 { "free" } else { "paid" };
            let left = if row % 2 == 0 { "yes" } else { "No" };
            writeln!(text, "u{row},{plan},{left}").unwrap();
        }
        let base = Table::read(text.as_bytes()).unwrap();
        let schema = Schema::learn(&base, "left", &Choice::default()).unwrap();
        let at = Time::from_micros(1_796_000_000_000_000);
        let observed: Vec<ObservationRow> = (0..30)
            .map(|key| ObservationRow {
                artist_id: ArtistId::new(),
                model: "fans".into(),
                key: key.to_string(),
                cells: Document(
                    json!({ "plan": if key == 0 { json!(null) } else { json!("gold, \"new\"") } }),
                ),
                version: String::new(),
                probability: 0.5,
                place: 0.5,
                observed_at: at,
                outcome: Some(key < 10),
                outcome_at: Some(at),
            })
            .collect();
        for (because, rows) in [(Because::ErrorRose, 60), (Because::Drifted, 130)] {
            let (bytes, table) = written(&base, &schema, "left", &observed, because).unwrap();
            let read = Table::read(bytes.as_slice()).unwrap();
            assert_eq!(read.columns(), ["plan", "left"]);
            assert_eq!((read.rows().len(), table.rows().len()), (rows, rows));
            let truth = truths(&read, "left").unwrap();
            assert_eq!(
                truth[rows - 30..].iter().filter(|truth| **truth).count(),
                10
            );
            assert_eq!(read.rows()[rows - 30].cell(0), "");
            assert_eq!(read.rows()[rows - 1].cell(0), "gold, \"new\"");
        }
    }
}
