//! `roll_back_model`: the champion before answers again, after a check found it better on what was asked since.

use db::{DbError, Document};
use jobs::insight::{Insight, Refusal};
use jobs::{CheckOutput, RefreshAnalytics, RollBackModel};
use ml::upkeep::{Because, Decision};
use models::registry::{self, Act, Alias, Move};
use models::upkeep::{self, CheckKind, CheckRow, Decided};
use queue::{Context, Fault, LogLevel, QueueError};

use super::looked::{Begun, Looked, begun, ended, off, output};
use super::noted::{actor, noted, word};
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: RollBackModel,
) -> Result<CheckOutput, Ending> {
    let artist = payload.artist_id;
    let looked = match begun(&environment, &context, artist, payload.upkeep_id).await? {
        Begun::Looked(looked) => looked,
        Begun::Ended(output) => return Ok(output),
    };
    let found = {
        let mut db = environment.pool.get().await?;
        upkeep::check(&mut db, artist, payload.check_id).await?
    };
    let gone = || Fault::permanent("check_gone", "the check was removed");
    let because = found.ok_or_else(gone)?;
    let before = because.other.clone().ok_or_else(gone)?;
    let now = environment.queue.now();
    let (kind, decision) = (CheckKind::Rollback, Decision::RollBack);
    let word = word(Because::OneBeforeIsBetter);
    let mut check = noted(&context, &looked.champion, kind, decision, &word, now);
    check.champion.clone_from(&because.champion);
    check.other = Some(before.clone());
    check.compared = because.compared;
    let review = because.evidence.0.get("review").cloned();
    check.evidence = Document(review.unwrap_or_default());
    // What can't serve is not made the champion.
    match environment
        .insight
        .check(artist, &because.model, &before)
        .await
    {
        Ok(()) => {}
        Err(Refusal::Unservable { code, .. }) => {
            check.decision = Decided::Nothing;
            code.clone_into(&mut check.because);
        }
        Err(refusal) => return Err(ended(refusal)),
    }
    let recorded = record(&context, &looked, check).await?;
    environment.insight.alias_moved(artist, &because.model);
    let Some(check) = recorded else {
        return Ok(off(&context));
    };
    context.log(
        LogLevel::Info,
        format!("{}: {}", check.decision, check.because),
    );
    Ok(output(&check))
}

async fn record(
    context: &Context,
    looked: &Looked,
    mut check: CheckRow,
) -> Result<Option<CheckRow>, Ending> {
    let (upkeep_id, task) = (looked.upkeep.id, looked.champion.task);
    let actor = actor(context);
    let recorded = context.fenced_tx::<_, QueueError, _>(move |tx| {
        Box::pin(async move {
            let (artist, now) = (check.artist_id, check.created_at);
            if !upkeep::hold(tx.db(), artist, upkeep_id, now).await? {
                return Ok(None);
            }
            if check.decision == Decided::RollBack {
                if moved(tx.db(), &check, &actor).await? {
                    RefreshAnalytics::follow_champion(tx, artist, task).await?;
                } else {
                    check.decision = Decided::Overtaken;
                }
            }
            upkeep::add_check(tx.db(), &check).await?;
            Ok(Some(check))
        })
    });
    Ok(recorded.await?)
}

/// Moves the champion back, and with it the challenger's alias where the worse version still has it: it
/// shall not challenge again what it was found worse than. False: another is the champion by now.
async fn moved(db: &mut db::Db, check: &CheckRow, actor: &str) -> Result<bool, DbError> {
    let Some(before) = &check.other else {
        return Ok(false);
    };
    let back = |alias| Move {
        artist_id: check.artist_id,
        model: check.model.clone(),
        alias,
        act: Act::RolledBack,
        from: Some(check.champion.clone()),
        to: before.clone(),
        actor: actor.to_owned(),
        why: format!("upkeep: {}", check.because),
        evidence: Some(check.evidence.clone()),
    };
    let moved = registry::move_alias(db, &back(Alias::Champion), check.created_at).await?;
    if moved.is_some() {
        registry::move_alias(db, &back(Alias::Challenger), check.created_at).await?;
    }
    Ok(moved.is_some())
}
