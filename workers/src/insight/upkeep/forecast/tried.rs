//! A challenger beside the champion, on weeks that came after both trainings.

use ml::upkeep::{due, judge};
use queue::Context;

use super::lately::{Forecaster, Paired, weeks_after};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::daily;
use crate::insight::upkeep::found::Tried;
use crate::insight::upkeep::looked::{Looked, seed};
use crate::insight::upkeep::rivals::Challenger;

/// Holds the challenger against the champion.
pub async fn tried(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
    challenger: &Challenger,
) -> Result<Tried, Ending> {
    let (policy, seed) = (looked.policy, seed(context));
    let out_of_patience = challenger.out_of_patience;
    let series = daily::read(environment, looked.champion.artist_id).await?;
    let other = match Forecaster::load(environment, &challenger.version).await? {
        Ok(other) => other,
        Err(code) => return Ok(Tried::Unservable(code)),
    };
    let champion = Forecaster::load(environment, &looked.champion).await?;
    let champion = champion.map_err(unservable)?;
    let (context, judged_at) = (context.clone(), challenger.judged_at);
    let judging = tokio::task::spawn_blocking(move || {
        let weeks = weeks_after(&[champion.trained_to, other.trained_to], &series);
        let sample = weeks.sample();
        // Weeks that were looked at already would only be looked at once more.
        if !due(&sample, judged_at, &policy) && !out_of_patience {
            return Ok(Tried::NotDue(sample.counted()));
        }
        let Paired { one, other, sample } = Paired::of(&weeks, &champion, &other, &context)?;
        let judged = judge(&one, &other, &sample, out_of_patience, &policy, seed);
        Ok::<_, ml::MlError>(Tried::Judged(judged))
    });
    Ok(judging.await.map_err(Ending::died)??)
}

fn unservable(code: &'static str) -> Ending {
    queue::Fault::permanent(code, "the champion can't serve").into()
}
