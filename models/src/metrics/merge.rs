//! Merging rows into what is kept: a value that was handed in later replaces one that was handed in
//! earlier, whichever is written first.

use std::collections::BTreeMap;

use db::{Db, DbError, Time};
use serde::{Deserialize, Serialize};

use super::store::{self, Kept};
use super::{Key, Row};
use crate::{ArtistId, ImportId};

/// What merged rows did, one count a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Rows of a day that a series had no value for.
    pub added: u64,
    /// Rows that replaced a value by another.
    pub changed: u64,
    /// Rows that said what was known.
    pub unchanged: u64,
    /// Rows that did nothing because a value handed in later was there already.
    pub superseded: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, more: Self) {
        self.added += more.added;
        self.changed += more.changed;
        self.unchanged += more.unchanged;
        self.superseded += more.superseded;
    }
}

/// Merges rows that were handed in at `handed_in`, in their order: of two rows with one key the
/// later one holds. In a transaction; it takes the artist's turn ([`super::lock`]). Merging the same
/// again writes nothing.
pub async fn merge(
    db: &mut Db,
    artist: ArtistId,
    rows: &[Row],
    imported_by: Option<ImportId>,
    handed_in: Time,
) -> Result<Tally, DbError> {
    if rows.is_empty() {
        return Ok(Tally::default());
    }
    store::lock(db, artist).await?;
    let keys: Vec<Key> = rows.iter().map(|row| row.key.clone()).collect();
    let mut kept: BTreeMap<Key, (Kept, bool)> = store::kept(db, artist, keys)
        .await?
        .into_iter()
        .map(|(key, kept)| (key, (kept, false)))
        .collect();
    let mut tally = Tally::default();
    for row in rows {
        let new = Kept {
            value: row.value,
            imported_by,
            updated_at: handed_in,
        };
        let Some((old, written)) = kept.get_mut(&row.key) else {
            tally.added += 1;
            kept.insert(row.key.clone(), (new, true));
            continue;
        };
        if old.updated_at > handed_in {
            tally.superseded += 1;
        } else if same(old.value, row.value) {
            tally.unchanged += 1;
            // Said anew: what was handed in before does not replace it any more.
            *written |= old.updated_at < handed_in;
            old.updated_at = handed_in;
        } else {
            tally.changed += 1;
            (*old, *written) = (new, true);
        }
    }
    let write = kept
        .into_iter()
        .filter(|(_, (_, written))| *written)
        .map(|(key, (kept, _))| (key, kept));
    store::write(db, artist, write.collect()).await?;
    Ok(tally)
}

/// Whether two finite values, neither of them -0, are the same.
fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}
