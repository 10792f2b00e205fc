//! What a watch finds of a churn model: drift, the live error, the champion beside the one before it, and
//! the challenger.

use std::io::BufReader;

use ml::churn::{Grounds, Model};
use ml::table::Table;
use ml::trees::Matrix;
use ml::upkeep::{
    Challenge, Column, Drift, Facts, LEAST_OF_CLASS, LiveError, Review, Sample, due, live_error,
    log_losses,
};
use models::registry::VersionRow;
use models::upkeep::{self, ObservationRow};
use queue::Context;
use serde_json::{Value, json};
use storage::Key;

use super::columns::{columns, probabilities};
use super::dataset::{Rows, learnable};
use super::paired::Paired;
use super::seen::SeenBy;
use super::shadow::{cells, shadow};
use super::tried::fair;
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::asked::inputs;
use crate::insight::serving;
use crate::insight::upkeep::found::{Found, Lesson};
use crate::insight::upkeep::looked::{Looked, ended, seed};
use crate::insight::upkeep::{retraining, rivals};

/// Rows of lately that are looked at for drift, and rows of before that they are held against.
const WINDOW: usize = 5000;

/// Looks at all that there is to know of a model.
pub async fn found(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
) -> Result<Found, Ending> {
    let champion = &looked.champion;
    let served = serving::serve(&environment.insight, champion)
        .await
        .map_err(ended)?;
    let (model, grounds) = (served.churn()?.clone(), served.grounds().cloned());
    let (seen, rows) = {
        let mut db = environment.pool.get().await?;
        let seen = SeenBy::of(&mut db, champion).await?;
        let rows = upkeep::observed(&mut db, champion.artist_id, &champion.model).await?;
        (seen, rows)
    };
    context.progress(0.1, "drift");
    // What the champion itself answered.
    let answered: Vec<ObservationRow> = rows
        .iter()
        .filter(|row| row.version == champion.version)
        .cloned()
        .collect();
    let drift = drift(environment, looked, &seen, &model, grounds, &answered).await?;
    context.progress(0.4, "error");
    let told: Vec<ObservationRow> = answered
        .into_iter()
        .filter(|row| row.outcome.is_some())
        .take(WINDOW)
        .collect();
    let error = error(context, looked, &told).await?;
    let (review, before) = review(environment, context, looked, &told).await?;
    context.progress(0.8, "challenger");
    let challenger = rivals::challenger(environment, looked).await?;
    let challenge = match &challenger {
        Some(challenger) => {
            let fair = fair(environment, looked, &challenger.version, &rows).await?;
            let sample = Sample::people(&outcomes(&fair));
            Some(Challenge {
                counted: sample.counted(),
                judged_at: challenger.judged_at,
                due: due(&sample, challenger.judged_at, &looked.policy),
                out_of_patience: challenger.out_of_patience,
            })
        }
        None => None,
    };
    let (hours_since, under_way) = retraining::last(environment, looked).await?;
    let held_back = looked.policy.hold_back;
    let new: Vec<ObservationRow> = rows
        .iter()
        .filter(|row| {
            let base = seen.base.as_ref();
            base.is_some_and(|base| learnable(row, base, held_back))
        })
        .cloned()
        .collect();
    let left = outcomes(&new).into_iter().filter(|left| *left).count();
    let stayed = new.len() - left;
    let learnable =
        new.len() >= looked.policy.least_outcomes as usize && left.min(stayed) >= LEAST_OF_CLASS;
    let with_outcome = rows.iter().filter(|row| row.outcome.is_some());
    let about = json!({
        "kept": rows.len(),
        "with_outcome": with_outcome.count(),
        "learnable": new.len(),
        "learnable_left": left,
    });
    Ok(Found {
        facts: Facts {
            drift,
            error,
            review,
            challenge,
            learnable,
            hours_since,
            under_way,
        },
        about,
        before,
        challenger: challenger.map(|challenger| challenger.version),
        lesson: Lesson::Rows(Box::new(Rows {
            schema: model.schema.clone(),
            seen,
            observed: rows,
        })),
    })
}

/// What the champion answered lately, beside what it was trained on.
async fn drift(
    environment: &Environment,
    looked: &Looked,
    seen: &SeenBy,
    model: &Model,
    grounds: Option<Grounds>,
    answered: &[ObservationRow],
) -> Result<Option<Drift>, Ending> {
    let lately: Vec<&ObservationRow> = answered.iter().take(WINDOW).collect();
    if lately.len() < looked.policy.least_rows as usize {
        return Ok(None);
    }
    let folder = environment.storage.work_dir()?;
    let file = match &seen.dataset {
        Some(dataset) => {
            let key = Key::new(dataset.object_key.clone())?;
            Some(environment.open(&key, folder.path()).await?)
        }
        None => None,
    };
    let rows: Vec<_> = lately.iter().map(|row| cells(row)).collect();
    let said: Vec<f64> = lately.iter().map(|row| row.probability).collect();
    let rows_before = looked.champion.metadata.0.pointer("/data/rows");
    let rows_before = rows_before.and_then(Value::as_u64).unwrap_or_default();
    let (schema, policy) = (model.schema.clone(), looked.policy);
    let looking = tokio::task::spawn_blocking(move || {
        let now = inputs(&schema, &rows).map_err(ended)?;
        let mut moved: Vec<Column> = Vec::new();
        if let Some(file) = file {
            let table = Table::read(BufReader::new(file))?;
            let count = table.rows().len();
            let most = count.min(WINDOW);
            let places: Vec<usize> = (0..most).map(|place| place * count / most.max(1)).collect();
            let before: Matrix = schema.encode(&table.select(&places))?;
            moved = columns(&schema, &before, &now);
        }
        if let Some(grounds) = grounds {
            moved.push(probabilities(&grounds.spread, rows_before, said));
        }
        Ok::<_, Ending>(ml::upkeep::drift(&moved, rows.len(), &policy))
    });
    looking.await.map_err(Ending::died)?
}

/// The live loss of what the champion answered.
async fn error(
    context: &Context,
    looked: &Looked,
    told: &[ObservationRow],
) -> Result<Option<LiveError>, Ending> {
    let held_out = looked.champion.metadata.0.pointer("/metrics/log_loss");
    let Some(held_out) = held_out.and_then(Value::as_f64) else {
        return Ok(None);
    };
    let said: Vec<f64> = told.iter().map(|row| row.probability).collect();
    let left = outcomes(told);
    let (policy, seed) = (looked.policy, seed(context));
    let measuring = tokio::task::spawn_blocking(move || {
        let losses = log_losses(&said, &left);
        live_error(&losses, held_out, &Sample::people(&left), &policy, seed)
    });
    measuring.await.map_err(Ending::died)
}

/// The champion beside the one that it took the place of, on what it answered since; none with too few rows
/// since the last look.
async fn review(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
    told: &[ObservationRow],
) -> Result<(Option<Review>, Option<VersionRow>), Ending> {
    let Some(before) = rivals::before(environment, looked).await? else {
        return Ok((None, None));
    };
    let since = |row: &&ObservationRow| row.observed_at >= before.since;
    let rows: Vec<ObservationRow> = told.iter().filter(since).cloned().collect();
    let sample = Sample::people(&outcomes(&rows));
    if !due(&sample, before.looked_at, &looked.policy) {
        return Ok((None, None));
    }
    // What can't serve is nothing to go back to.
    let Ok(said) = shadow(environment, context, &before.version, &rows).await? else {
        return Ok((None, None));
    };
    let said = |row: &ObservationRow| said.get(&row.key).copied();
    let paired = Paired::of(&rows, |row| Some(row.probability), said);
    let (policy, seed) = (looked.policy, seed(context));
    let comparing = tokio::task::spawn_blocking(move || {
        ml::upkeep::review(&paired.one, &paired.other, &paired.sample, &policy, seed)
    });
    let review = comparing.await.map_err(Ending::died)?;
    Ok((review, Some(before.version)))
}

/// Of rows with an outcome, whether each left.
pub fn outcomes(rows: &[ObservationRow]) -> Vec<bool> {
    rows.iter().map(|row| row.outcome == Some(true)).collect()
}
