//! What a watch finds: drift, the live error, the champion beside the one before it, and the challenger.

use std::io::BufReader;

use ml::churn::{Grounds, Model};
use ml::table::Table;
use ml::trees::Matrix;
use ml::upkeep::{Challenge, Column, Drift, Facts, LiveError, Review, due, live_error};
use models::registry::{self, Alias, VersionRow};
use models::trainings;
use models::upkeep::{self, CheckKind, ObservationRow};
use queue::{Context, Scope, State};
use serde_json::{Value, json};
use storage::Key;

use super::challenge::pair;
use super::columns::{columns, probabilities};
use super::looked::{Looked, ended, seed};
use super::retraining::learnable;
use super::seen::SeenBy;
use super::shadow::{cells, shadow};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::asked::inputs;
use crate::insight::serving;

/// Rows of lately that are looked at for drift, and rows of before that they are held against.
const WINDOW: usize = 5000;
/// Moves that are looked through.
const NEWEST_MOVES: i64 = 200;

/// What was found.
pub struct Found {
    /// What the decision goes by.
    pub facts: Facts,
    /// What the champion has seen.
    pub seen: SeenBy,
    /// The champion.
    pub model: Model,
    /// The champion before, where it was compared.
    pub before: Option<VersionRow>,
    /// The challenger, where there is one.
    pub challenger: Option<VersionRow>,
}

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
    let seen = {
        let mut db = environment.pool.get().await?;
        SeenBy::of(&mut db, champion).await?
    };
    context.progress(0.1, "drift");
    // What the champion itself answered.
    let answered: Vec<ObservationRow> = looked
        .rows
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
    let pair = pair(environment, looked).await?;
    let challenge = pair.as_ref().map(|pair| Challenge {
        rows: pair.rows.len(),
        judged_at: pair.judged_at,
        out_of_patience: pair.out_of_patience,
    });
    let (hours_since, under_way) = last_retraining(environment, looked).await?;
    let held_back = looked.policy.hold_back;
    let is_learnable = |row: &&ObservationRow| {
        seen.base
            .as_ref()
            .is_some_and(|base| learnable(row, base, held_back))
    };
    let rows = looked.rows.iter().filter(is_learnable);
    let left = rows.clone().filter(|row| row.outcome == Some(true)).count();
    Ok(Found {
        facts: Facts {
            drift,
            error,
            review,
            challenge,
            learnable: (rows.count(), left),
            hours_since,
            under_way,
        },
        seen,
        model,
        before,
        challenger: pair.map(|pair| pair.challenger),
    })
}

impl Found {
    /// The figures, as they are kept.
    pub fn evidence(&self, looked: &Looked, seed: u64) -> Value {
        let facts = &self.facts;
        let outcomes = looked.rows.iter().filter(|row| row.outcome.is_some());
        json!({
            "policy": looked.policy,
            "seed": seed.to_string(),
            "rows": {
                "kept": looked.rows.len(),
                "with_outcome": outcomes.count(),
                "learnable": facts.learnable.0,
                "learnable_left": facts.learnable.1,
            },
            "drift": facts.drift,
            "error": facts.error,
            "review": facts.review,
            "challenge": facts.challenge.map(|it| json!({
                "version": self.challenger.as_ref().map(|row| &row.version),
                "rows": it.rows,
                "judged_at": it.judged_at,
                "out_of_patience": it.out_of_patience,
            })),
            "hours_since_retraining": facts.hours_since,
            "under_way": facts.under_way,
        })
    }
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
    let truth = truth(told);
    let (policy, seed) = (looked.policy, seed(context));
    let measuring =
        tokio::task::spawn_blocking(move || live_error(&said, &truth, held_out, &policy, seed));
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
    let champion = &looked.champion;
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let (before, since, last) = {
        let mut db = environment.pool.get().await?;
        let before = registry::previous_champion(&mut db, artist, model, &champion.version).await?;
        let Some(before) = before else {
            return Ok((None, None));
        };
        let Some(before) = registry::version(&mut db, artist, model, &before).await? else {
            return Ok((None, None));
        };
        let moves = registry::history(&mut db, artist, model, NEWEST_MOVES).await?;
        let newest = moves
            .iter()
            .find(|it| it.alias == Alias::Champion && it.to_version == champion.version);
        let since = newest.map_or(champion.created_at, |it| it.created_at);
        let versions = (champion.version.as_str(), before.version.as_str());
        let kind = CheckKind::Watch;
        let last = upkeep::last_look(&mut db, artist, model, kind, versions, since).await?;
        (before, since, last)
    };
    let rows: Vec<ObservationRow> = told
        .iter()
        .filter(|row| row.observed_at >= since)
        .cloned()
        .collect();
    let last = last.and_then(|last| usize::try_from(last).ok());
    if !due(rows.len(), last, &looked.policy) {
        return Ok((None, None));
    }
    // What can't serve is nothing to go back to.
    let Ok(said) = shadow(environment, context, &before, &rows).await? else {
        return Ok((None, None));
    };
    let paired: Vec<(f64, f64, bool)> = rows
        .iter()
        .filter_map(|row| Some((row.probability, *said.get(&row.key)?, row.outcome?)))
        .collect();
    let (policy, seed) = (looked.policy, seed(context));
    let comparing = tokio::task::spawn_blocking(move || {
        let champion: Vec<f64> = paired.iter().map(|it| it.0).collect();
        let before: Vec<f64> = paired.iter().map(|it| it.1).collect();
        let truth: Vec<bool> = paired.iter().map(|it| it.2).collect();
        ml::upkeep::review(&champion, &before, &truth, &policy, seed)
    });
    let review = comparing.await.map_err(Ending::died)?;
    Ok((review, Some(before)))
}

/// Hours since the last retraining was asked for, and whether it is under way.
async fn last_retraining(
    environment: &Environment,
    looked: &Looked,
) -> Result<(Option<f64>, bool), Ending> {
    let (artist, model) = (looked.champion.artist_id, looked.champion.model.as_str());
    let (last, training) = {
        let mut db = environment.pool.get().await?;
        let Some(last) = upkeep::last_retraining(&mut db, artist, model).await? else {
            return Ok((None, false));
        };
        let training = trainings::find(&mut db, artist, last.training_id).await?;
        (last, training)
    };
    let hours = environment.queue.now().since(last.created_at).as_secs_f64() / 3600.0;
    let Some(training) = training.filter(|training| training.version.is_none()) else {
        return Ok((Some(hours), false));
    };
    let id = queue::JobId(training.job_id.uuid());
    let job = environment
        .queue
        .job(Scope::Tenant(artist.uuid()), id)
        .await?;
    let over = [State::Done, State::Dead, State::Cancelled];
    let under_way = job.is_some_and(|job| !over.contains(&job.state));
    Ok((Some(hours), under_way))
}

fn truth(rows: &[ObservationRow]) -> Vec<bool> {
    rows.iter().map(|row| row.outcome == Some(true)).collect()
}
