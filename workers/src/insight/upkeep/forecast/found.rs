//! What a watch finds of a forecaster: whether series look otherwise than before, how it does beside the
//! statistical methods and beside the one before it, and how its challenger stands.

use chrono::NaiveDate;
use ml::analytics::DailySeries;
use ml::analytics::forecaster::{MASE, MASE_OF_STATISTICAL, is_enough, shapes};
use ml::upkeep::{Challenge, Drift, Facts, LiveError, Policy, Review, Sample, due, live_error};
use queue::Context;
use serde_json::json;

use super::lately::{Forecaster, Paired, trained_to, weeks_after};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::daily;
use crate::insight::upkeep::found::{Found, Lesson};
use crate::insight::upkeep::looked::{Looked, seed};
use crate::insight::upkeep::{retraining, rivals};

/// Looks at all that there is to know of a model.
pub async fn found(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
) -> Result<Found, Ending> {
    let series = daily::read(environment, looked.champion.artist_id).await?;
    let about = json!({
        "series": series.len(),
        "trained_to": trained_to(&looked.champion),
        "newest": series.iter().map(DailySeries::last_day).max(),
    });
    let before = rivals::before(environment, looked).await?;
    let challenger = rivals::challenger(environment, looked).await?;
    let measuring = Measuring {
        champion: Forecaster::load(environment, &looked.champion).await?.ok(),
        trained_to: trained_to(&looked.champion),
        before: match &before {
            // What can't serve is nothing to go back to.
            Some(before) => Forecaster::load(environment, &before.version).await?.ok(),
            None => None,
        },
        since: before.as_ref().map(|it| it.since.utc().date_naive()),
        looked_at: before.as_ref().and_then(|before| before.looked_at),
        other_trained_to: challenger.as_ref().map(|it| trained_to(&it.version)),
        series,
        policy: looked.policy,
        seed: seed(context),
        context: context.clone(),
    };
    context.progress(0.1, "weeks");
    let measured = tokio::task::spawn_blocking(move || measuring.run());
    let measured = measured.await.map_err(Ending::died)??;
    let both = challenger.as_ref().zip(measured.to_judge_on);
    let challenge = both.map(|(challenger, sample)| Challenge {
        counted: sample.counted(),
        judged_at: challenger.judged_at,
        due: due(&sample, challenger.judged_at, &looked.policy),
        out_of_patience: challenger.out_of_patience,
    });
    let (hours_since, under_way) = retraining::last(environment, looked).await?;
    let compared = measured.review.is_some();
    Ok(Found {
        facts: Facts {
            drift: measured.drift,
            error: measured.error,
            review: measured.review,
            challenge,
            learnable: measured.learnable,
            hours_since,
            under_way,
        },
        about,
        before: before.filter(|_| compared).map(|before| before.version),
        challenger: challenger.map(|challenger| challenger.version),
        lesson: Lesson::Metrics,
    })
}

/// What the thread that measures takes along.
struct Measuring {
    /// None where it can't serve: then nothing is told of its errors.
    champion: Option<Forecaster>,
    trained_to: NaiveDate,
    before: Option<Forecaster>,
    /// When the champion took the place of the one before.
    since: Option<NaiveDate>,
    looked_at: Option<usize>,
    /// The last day that the challenger was trained on.
    other_trained_to: Option<NaiveDate>,
    series: Vec<DailySeries>,
    policy: Policy,
    seed: u64,
    context: Context,
}

/// What it measured.
struct Measured {
    drift: Option<Drift>,
    error: Option<LiveError>,
    review: Option<Review>,
    /// What the challenger can be judged on, where there is one.
    to_judge_on: Option<Sample>,
    /// Whether another can be trained.
    learnable: bool,
}

impl Measuring {
    fn run(&self) -> ml::Result<Measured> {
        let shapes = shapes(self.trained_to, &self.series);
        let drift =
            shapes.and_then(|(columns, rows)| ml::upkeep::drift(&columns, rows, &self.policy));
        let champion = self.champion.as_ref();
        Ok(Measured {
            drift,
            error: champion.map_or(Ok(None), |champion| self.error(champion))?,
            review: champion.map_or(Ok(None), |champion| self.review(champion))?,
            to_judge_on: self
                .other_trained_to
                .map(|other| weeks_after(&[self.trained_to, other], &self.series).sample()),
            learnable: is_enough(&self.series),
        })
    }

    /// How much worse it does beside the statistical methods than it did on days that its trial had not
    /// seen. What makes all errors large, as a week of holidays does, is no fault of its.
    fn error(&self, champion: &Forecaster) -> ml::Result<Option<LiveError>> {
        let held_out = champion
            .figure(MASE)
            .zip(champion.figure(MASE_OF_STATISTICAL));
        let Some((own, methods)) = held_out else {
            return Ok(None);
        };
        let weeks = weeks_after(&[champion.trained_to], &self.series);
        if !weeks.sample().is_enough(&self.policy) {
            return Ok(None);
        }
        let paired = Paired::beside_methods(&weeks, champion, &self.context)?;
        let losses = paired.one.losses.iter().zip(&paired.other.losses);
        let more: Vec<f64> = losses.map(|(own, methods)| own - methods).collect();
        let (policy, seed) = (&self.policy, self.seed);
        Ok(live_error(
            &more,
            own - methods,
            &paired.sample,
            policy,
            seed,
        ))
    }

    /// The champion beside the one that it took the place of, on the weeks since; none with too few of them
    /// since the last look.
    fn review(&self, champion: &Forecaster) -> ml::Result<Option<Review>> {
        let (Some(before), Some(since)) = (&self.before, self.since) else {
            return Ok(None);
        };
        let days = [since, champion.trained_to, before.trained_to];
        let weeks = weeks_after(&days, &self.series);
        if !due(&weeks.sample(), self.looked_at, &self.policy) {
            return Ok(None);
        }
        let Paired { one, other, sample } = Paired::of(&weeks, champion, before, &self.context)?;
        let (policy, seed) = (&self.policy, self.seed);
        Ok(ml::upkeep::review(&one, &other, &sample, policy, seed))
    }
}
