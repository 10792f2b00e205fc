//! All daily series of an artist's, out of the feature store.

use ml::analytics::DailySeries;
use models::ArtistId;
use models::metrics::{self, Key};
use queue::Fault;

use crate::ending::Ending;
use crate::environment::Environment;

/// Rows that are read at a time.
const PAGE: i64 = 20_000;
/// Values that are looked at, at most: 16 bytes each.
const MOST_VALUES: usize = 4_000_000;

/// Reads them, page by page, in the order of their names.
pub async fn read(environment: &Environment, artist: ArtistId) -> Result<Vec<DailySeries>, Ending> {
    let (mut all, mut days, mut count) = (Vec::new(), Vec::new(), 0);
    let mut after: Option<Key> = None;
    loop {
        let page = {
            let mut db = environment.pool.get().await?;
            metrics::scan(&mut db, artist, after.as_ref(), PAGE).await?
        };
        count += page.len();
        if count > MOST_VALUES {
            let rule = format!("an artist's analytics take at most {MOST_VALUES} values");
            return Err(Fault::permanent("too_many_metrics", rule).into());
        }
        if page.is_empty() {
            all.extend(series(after.as_ref(), &days));
            return Ok(all);
        }
        for row in page {
            let key = row.key();
            let same = after.as_ref().is_some_and(|before| {
                (&before.metric, &before.source, &before.track)
                    == (&key.metric, &key.source, &key.track)
            });
            if !same {
                all.extend(series(after.as_ref(), &days));
                days.clear();
            }
            days.push((key.day, row.value));
            after = Some(key);
        }
    }
}

fn series(key: Option<&Key>, days: &[(chrono::NaiveDate, f64)]) -> Option<DailySeries> {
    let key = key?;
    DailySeries::new(&key.metric, &key.source, &key.track, days)
}
