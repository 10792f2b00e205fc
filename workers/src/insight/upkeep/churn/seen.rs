//! Which rows a version can't have been trained on.

use db::{Db, DbError, Time};
use models::datasets::{self, DatasetRow};
use models::registry::VersionRow;
use models::upkeep::{ObservationRow, retraining_of, training_of};

/// What a version may have seen.
#[derive(Debug, Clone)]
pub struct SeenBy {
    /// What the artist handed in that its training goes back to; none where that is not known.
    pub base: Option<DatasetRow>,
    /// What it was trained on itself.
    pub dataset: Option<DatasetRow>,
    /// No row observed later is in it.
    pub until: Time,
    /// Where upkeep trained it: rows below this place were held back.
    pub held_back: Option<f64>,
}

impl SeenBy {
    /// Of a version.
    pub async fn of(db: &mut Db, version: &VersionRow) -> Result<Self, DbError> {
        let artist = version.artist_id;
        let training = training_of(db, artist, &version.model, &version.version).await?;
        let Some(training) = training else {
            return Ok(Self {
                base: None,
                dataset: None,
                until: version.created_at,
                held_back: None,
            });
        };
        let dataset = datasets::learned_from(db, artist, training.dataset_id).await?;
        let retraining = retraining_of(db, artist, training.id).await?;
        let Some(retraining) = retraining else {
            let until = dataset
                .as_ref()
                .map_or(training.created_at, |it| it.created_at);
            return Ok(Self {
                base: dataset.clone(),
                dataset,
                until,
                held_back: None,
            });
        };
        Ok(Self {
            base: datasets::learned_from(db, artist, retraining.base_dataset_id).await?,
            dataset,
            until: retraining.created_at,
            held_back: retraining.held_back,
        })
    }

    /// Whether a row is new to the version. A file that the artist handed in may hold whatever was observed
    /// before; a file that upkeep made holds no row that was held back, nor any of later.
    pub fn is_new(&self, row: &ObservationRow) -> bool {
        if row.observed_at > self.until {
            return true;
        }
        let after_base = self
            .base
            .as_ref()
            .is_some_and(|base| row.observed_at > base.created_at);
        after_base && self.held_back.is_some_and(|border| row.place < border)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use db::Document;
    use models::{ArtistId, DatasetId};
    use serde_json::json;

    use super::*;

    const START: Time = Time::from_micros(1_796_000_000_000_000);

    fn at(hours: u64) -> Time {
        START + Duration::from_hours(hours)
    }

    fn row(hours: u64, place: f64) -> ObservationRow {
        ObservationRow {
            artist_id: ArtistId::new(),
            model: "fans".into(),
            key: "a".into(),
            cells: Document(json!({})),
            version: String::new(),
            probability: 0.5,
            place,
            observed_at: at(hours),
            outcome: Some(true),
            outcome_at: Some(at(hours)),
        }
    }

    #[test]
    fn rows_that_may_be_in_a_file_are_new_to_nobody_who_learned_from_it() {
        let base = DatasetRow {
            id: DatasetId::new(),
            artist_id: ArtistId::new(),
            name: "it".into(),
            target: "left".into(),
            row_count: 1,
            column_count: 2,
            covers_from: None,
            covers_to: None,
            size_bytes: 1,
            sha256: String::new(),
            object_key: String::new(),
            created_at: at(10),
            removed_at: None,
        };
        let mut seen = SeenBy {
            base: Some(base),
            dataset: None,
            until: at(10),
            held_back: None,
        };
        assert!(!seen.is_new(&row(9, 0.1)) && !seen.is_new(&row(10, 0.1)));
        assert!(seen.is_new(&row(11, 0.1)));
        // Trained by upkeep ten hours later, with all but the lowest places.
        (seen.until, seen.held_back) = (at(20), Some(0.3));
        assert!(!seen.is_new(&row(9, 0.1)), "it may be in the artist's file");
        assert!(seen.is_new(&row(15, 0.1)) && !seen.is_new(&row(15, 0.3)));
        assert!(seen.is_new(&row(21, 0.9)));
        seen.base = None;
        assert!(!seen.is_new(&row(15, 0.1)));
    }
}
