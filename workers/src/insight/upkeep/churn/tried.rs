//! A challenger beside the champion, on rows that neither was trained on.

use jobs::insight::Refusal;
use ml::upkeep::{Sample, due, judge};
use models::registry::VersionRow;
use models::upkeep::{self, ObservationRow};
use queue::Context;

use super::found::outcomes;
use super::paired::Paired;
use super::seen::SeenBy;
use super::shadow::shadow;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::upkeep::found::Tried;
use crate::insight::upkeep::looked::{Looked, ended, seed};
use crate::insight::upkeep::rivals::Challenger;

/// Rows with an outcome that neither the champion nor another version was trained on.
pub async fn fair(
    environment: &Environment,
    looked: &Looked,
    other: &VersionRow,
    rows: &[ObservationRow],
) -> Result<Vec<ObservationRow>, Ending> {
    let mut db = environment.pool.get().await?;
    let seen = [
        SeenBy::of(&mut db, &looked.champion).await?,
        SeenBy::of(&mut db, other).await?,
    ];
    let fair =
        |row: &&ObservationRow| row.outcome.is_some() && seen.iter().all(|seen| seen.is_new(row));
    Ok(rows.iter().filter(fair).cloned().collect())
}

/// Holds the challenger against the champion.
pub async fn tried(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
    challenger: &Challenger,
) -> Result<Tried, Ending> {
    let (policy, seed) = (looked.policy, seed(context));
    let rows = {
        let (artist, model) = (looked.champion.artist_id, looked.champion.model.as_str());
        let mut db = environment.pool.get().await?;
        upkeep::observed(&mut db, artist, model).await?
    };
    let rows = fair(environment, looked, &challenger.version, &rows).await?;
    let out_of_patience = challenger.out_of_patience;
    // Rows that were looked at already would only be looked at once more.
    let sample = Sample::people(&outcomes(&rows));
    if !due(&sample, challenger.judged_at, &policy) && !out_of_patience {
        return Ok(Tried::NotDue(sample.counted()));
    }
    let said = match shadow(environment, context, &challenger.version, &rows).await? {
        Ok(said) => said,
        Err(Refusal::Unservable { code, .. }) => return Ok(Tried::Unservable(code)),
        Err(refusal) => return Err(ended(refusal)),
    };
    let by_champion = shadow(environment, context, &looked.champion, &rows).await?;
    let by_champion = by_champion.map_err(ended)?;
    let paired = Paired::of(
        &rows,
        |row| by_champion.get(&row.key).copied(),
        |row| said.get(&row.key).copied(),
    );
    let judging = tokio::task::spawn_blocking(move || {
        let Paired { one, other, sample } = paired;
        judge(&one, &other, &sample, out_of_patience, &policy, seed)
    });
    Ok(Tried::Judged(judging.await.map_err(Ending::died)?))
}
