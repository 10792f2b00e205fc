//! `watch_model`: looks at what a model is asked and how well it answers, and decides what follows.

use std::io::BufReader;

use jobs::{CheckOutput, JudgeChallenger, RollBackModel, TrainChurnModel, WatchModel};
use ml::churn::{Grounds, Model};
use ml::table::Table;
use ml::trees::Matrix;
use ml::upkeep::{
    Challenge, Column, Decision, Drift, Facts, LiveError, Review, due, live_error, watch,
};
use models::registry::{self, Alias, VersionRow};
use models::upkeep::{self, CheckKind, CheckRow, ObservationRow};
use models::{datasets, trainings};
use queue::{Context, Flow, LogLevel, NewJob, OnFailure, QueueError, Scope, State};
use serde_json::{Value, json};
use storage::Key;

use super::columns::{columns, probabilities};
use super::looked::{Looked, earlier, ended, looked, off, output, seed};
use super::noted::{noted, rows as counted, word};
use super::retraining::{Retraining, learnable, prepared};
use super::seen::SeenBy;
use super::shadow::{cells, shadow};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::asked::inputs;
use crate::insight::serving;
use crate::studio::rows::owned;

/// Rows of lately that are looked at for drift, and rows of before that they are held against.
const WINDOW: usize = 5000;
/// Moves that are looked through.
const NEWEST_MOVES: i64 = 200;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: WatchModel,
) -> Result<CheckOutput, Ending> {
    let artist = payload.artist_id;
    owned(&context, artist)?;
    if let Some(decided) = earlier(&environment, &context, artist).await? {
        return Ok(decided);
    }
    let Some(looked) = looked(&environment, artist, payload.upkeep_id).await? else {
        return Ok(off(&context, &payload));
    };
    let found = found(&environment, &context, &looked).await?;
    let (decision, because) = watch(&found.facts, &looked.policy);
    let now = environment.queue.now();
    let mut check = noted(
        &context,
        &looked.champion,
        CheckKind::Watch,
        decision,
        &word(because),
        now,
    );
    check.evidence.0 = found.evidence(&looked, seed(&context));
    if let Some(review) = &found.facts.review {
        check.compared = counted(review.compared.rows);
    }
    check.other = match decision {
        Decision::Judge => found.challenger.map(|row| row.version),
        _ => found.before.map(|row| row.version),
    };
    let next = match decision {
        Decision::Retrain => {
            let schema = found.model.schema.clone();
            let retraining = prepared(
                &environment,
                &context,
                &looked,
                schema,
                &found.seen,
                because,
            );
            Next::Retrain(Box::new(retraining.await?))
        }
        Decision::Judge => Next::Judge,
        Decision::RollBack => Next::RollBack,
        _ => Next::Nothing,
    };
    let what = format!("{}: {}", check.decision, check.because);
    let recorded = record(&context, &looked, check, next).await?;
    context.log(LogLevel::Info, what);
    Ok(recorded
        .as_ref()
        .map_or_else(|| off(&context, &payload), output))
}

/// What was found.
struct Found {
    facts: Facts,
    seen: SeenBy,
    model: Model,
    /// The champion before, where it was compared.
    before: Option<VersionRow>,
    challenger: Option<VersionRow>,
}

/// What follows.
enum Next {
    Nothing,
    Retrain(Box<Retraining>),
    Judge,
    RollBack,
}

async fn found(
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
    let (challenger, challenge) = challenge(environment, looked, &seen).await?;
    let (hours_since, under_way) = last_retraining(environment, looked).await?;
    let held_back = looked.policy.hold_back;
    let learns = |row: &&ObservationRow| {
        seen.base
            .as_ref()
            .is_some_and(|base| learnable(row, base, held_back))
    };
    let learnt = looked.rows.iter().filter(learns);
    let left = learnt
        .clone()
        .filter(|row| row.outcome == Some(true))
        .count();
    Ok(Found {
        facts: Facts {
            drift,
            error,
            review,
            challenge,
            learnable: (learnt.count(), left),
            hours_since,
            under_way,
        },
        seen,
        model,
        before,
        challenger,
    })
}

impl Found {
    fn evidence(&self, looked: &Looked, seed: u64) -> Value {
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

/// The challenger and how it stands. What was champion once is none: the figures or a person decided about
/// it already.
async fn challenge(
    environment: &Environment,
    looked: &Looked,
    seen: &SeenBy,
) -> Result<(Option<VersionRow>, Option<Challenge>), Ending> {
    let champion = &looked.champion;
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let mut db = environment.pool.get().await?;
    let Some((challenger, moved_at)) = challenger(&mut db, champion).await? else {
        return Ok((None, None));
    };
    let seen_too = SeenBy::of(&mut db, &challenger).await?;
    let versions = (champion.version.as_str(), challenger.version.as_str());
    let kind = CheckKind::Judgement;
    let last = upkeep::last_look(&mut db, artist, model, kind, versions, moved_at).await?;
    let fair =
        |row: &&ObservationRow| row.outcome.is_some() && seen.is_new(row) && seen_too.is_new(row);
    let challenge = Challenge {
        rows: looked.rows.iter().filter(fair).count(),
        judged_at: last.and_then(|last| usize::try_from(last).ok()),
        out_of_patience: out_of_patience(environment, looked, moved_at),
    };
    Ok((Some(challenger), Some(challenge)))
}

/// The version that challenges the champion, and since when.
pub async fn challenger(
    db: &mut db::Db,
    champion: &VersionRow,
) -> Result<Option<(VersionRow, db::Time)>, db::DbError> {
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let aliases = registry::aliases_of(db, artist, model).await?;
    let alias = aliases.iter().find(|row| row.alias == Alias::Challenger);
    let Some(alias) = alias.filter(|alias| alias.version != champion.version) else {
        return Ok(None);
    };
    let moves = registry::history(db, artist, model, NEWEST_MOVES).await?;
    let was_champion = moves
        .iter()
        .any(|it| it.alias == Alias::Champion && it.to_version == alias.version);
    if was_champion {
        return Ok(None);
    }
    let row = registry::version(db, artist, model, &alias.version).await?;
    Ok(row.map(|row| (row, alias.moved_at)))
}

/// Whether a challenger of then has waited for longer than it may.
pub fn out_of_patience(environment: &Environment, looked: &Looked, since: db::Time) -> bool {
    let hours = environment.queue.now().since(since).as_secs() / 3600;
    hours >= 24 * u64::from(looked.policy.patience_days)
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

/// Records the check with what follows from it; none where the upkeep was turned off meanwhile.
async fn record(
    context: &Context,
    looked: &Looked,
    mut check: CheckRow,
    next: Next,
) -> Result<Option<CheckRow>, Ending> {
    let (artist, upkeep_id) = (check.artist_id, looked.upkeep.id);
    let judge = NewJob::of(&JudgeChallenger {
        artist_id: artist,
        upkeep_id,
    })?
    .tenant(artist.uuid());
    let back = NewJob::of(&RollBackModel {
        artist_id: artist,
        upkeep_id,
        check_id: check.id,
    })?
    .tenant(artist.uuid());
    let train = match &next {
        Next::Retrain(retraining) => {
            let train = NewJob::of(&TrainChurnModel {
                artist_id: artist,
                training_id: retraining.training.id,
            })?;
            let id = queue::JobId(retraining.training.job_id.uuid());
            Some(train.id(id).tenant(artist.uuid()))
        }
        _ => None,
    };
    let recorded = context.fenced_tx::<_, QueueError, _>(move |tx| {
        Box::pin(async move {
            if !upkeep::hold(tx.db(), artist, upkeep_id, check.created_at).await? {
                return Ok(None);
            }
            let follows = match (next, train) {
                (Next::Retrain(retraining), Some(train)) => {
                    datasets::insert(tx.db(), &retraining.dataset).await?;
                    trainings::insert(tx.db(), &retraining.training).await?;
                    upkeep::add_retraining(tx.db(), &retraining.row).await?;
                    let mut flow = Flow::new();
                    let trained = flow.add(train);
                    // A training that ends without a version leaves nothing to judge.
                    flow.add(judge.after(trained, OnFailure::Cancel));
                    tx.enqueue_flow(flow).await?;
                    Some(trained.job_id())
                }
                (Next::Judge, _) => Some(tx.enqueue(judge.unique(upkeep_id.to_string())).await?.id),
                (Next::RollBack, _) => Some(tx.enqueue(back).await?.id),
                _ => None,
            };
            check.next_job_id = follows.map(|job| job.uuid().into());
            upkeep::add_check(tx.db(), &check).await?;
            Ok(Some(check))
        })
    });
    Ok(recorded.await?)
}
