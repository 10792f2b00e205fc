//! `watch_model`: looks at what a model is asked and how well it answers, and decides what follows.

use jobs::{CheckOutput, JudgeChallenger, RefreshAnalytics, RollBackModel, WatchModel};
use ml::upkeep::{Decision, watch};
use models::registry::Task;
use models::upkeep::{self, CheckKind, CheckRow};
use queue::{Context, Flow, LogLevel, NewJob, OnFailure, QueueError};

use super::found::found;
use super::lately::{is_worse_than_methods, says_so};
use super::looked::{Begun, Looked, begun, off, output, seed};
use super::noted::{noted, rows as counted, word};
use super::retraining::Retraining;
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: WatchModel,
) -> Result<CheckOutput, Ending> {
    let artist = payload.artist_id;
    let looked = match begun(&environment, &context, artist, payload.upkeep_id).await? {
        Begun::Looked(looked) => looked,
        Begun::Ended(output) => return Ok(output),
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
        check.compared = counted(review.compared.counted.rows);
    }
    // What was compared is what the next look counts from.
    let other = match decision {
        Decision::Judge => found.before.as_ref().or(found.challenger.as_ref()),
        _ => found.before.as_ref(),
    };
    check.other = other.map(|row| row.version.clone());
    let next = match decision {
        Decision::Retrain => {
            let lesson = found.lesson;
            let retraining =
                Retraining::prepared(&environment, &context, &looked, lesson, because).await?;
            Next::Retrain(Box::new(retraining))
        }
        Decision::Judge => Next::Judge,
        Decision::RollBack => Next::RollBack,
        _ => Next::Nothing,
    };
    let what = format!("{}: {}", check.decision, check.because);
    // What other versions say of the rows is of no use any more.
    let others = [found.before, found.challenger].into_iter().flatten();
    let mut useful: Vec<String> = others.map(|row| row.version).collect();
    useful.push(looked.champion.version.clone());
    let recorded = record(&context, &looked, check, next, useful).await?;
    context.log(LogLevel::Info, what);
    Ok(recorded.as_ref().map_or_else(|| off(&context), output))
}

/// What follows.
enum Next {
    Nothing,
    Retrain(Box<Retraining>),
    Judge,
    RollBack,
}

/// Records the check with what follows from it; none where the upkeep was turned off meanwhile.
async fn record(
    context: &Context,
    looked: &Looked,
    mut check: CheckRow,
    next: Next,
    useful: Vec<String>,
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
        Next::Retrain(retraining) => Some(retraining.job()?),
        _ => None,
    };
    let kept = looked.upkeep.kept(check.created_at);
    let champion = looked.champion.clone();
    let recorded = context.fenced_tx::<_, QueueError, _>(move |tx| {
        Box::pin(async move {
            if !upkeep::hold(tx.db(), artist, upkeep_id, check.created_at).await? {
                return Ok(None);
            }
            upkeep::trim(tx.db(), artist, &check.model, kept).await?;
            upkeep::forget_shadows(tx.db(), artist, &check.model, &useful).await?;
            let follows = match (next, train) {
                (Next::Retrain(retraining), Some(train)) => {
                    retraining.insert(tx.db()).await?;
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
            if champion.task == Task::Forecast
                && is_worse_than_methods(tx.db(), &champion).await? != says_so(&check)
            {
                // Analytics are forecast by the methods as long as they do better.
                RefreshAnalytics::follow_champion(tx, artist, champion.task).await?;
            }
            // What no version in reach learned from is of no use any more either.
            upkeep::forget_lessons(tx.db(), artist, &check.model, check.created_at).await?;
            check.next_job_id = follows.map(|job| job.uuid().into());
            upkeep::add_check(tx.db(), &check).await?;
            Ok(Some(check))
        })
    });
    Ok(recorded.await?)
}
