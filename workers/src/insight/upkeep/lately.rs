//! Whether a forecaster was lately seen to do worse than the statistical methods.

use db::{Db, DbError};
use ml::upkeep::LiveError;
use models::registry::VersionRow;
use models::upkeep::{self, CheckRow};

/// Whether the newest look at a champion that is looked after says so.
pub async fn is_worse_than_methods(db: &mut Db, champion: &VersionRow) -> Result<bool, DbError> {
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    // Who is not looked after any more is not judged by what was seen long ago.
    if upkeep::find(db, artist, model).await?.is_none() {
        return Ok(false);
    }
    let newest = upkeep::newest_watch(db, artist, model, &champion.version).await?;
    Ok(newest.as_ref().is_some_and(says_so))
}

/// Whether a look at a forecaster says so.
pub fn says_so(watch: &CheckRow) -> bool {
    let error = watch.evidence.0.get("error").cloned();
    let error: Option<LiveError> = error.and_then(|error| serde_json::from_value(error).ok());
    error.is_some_and(|error| error.is_above_zero())
}
