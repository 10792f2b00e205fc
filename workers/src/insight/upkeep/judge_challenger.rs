//! `judge_challenger`: the challenger beside the champion, on rows that neither was trained on.

use db::DbError;
use jobs::insight::{Insight, Refusal};
use jobs::{CheckOutput, JudgeChallenger};
use ml::upkeep::{Because, Decision, Judgement, due, judge};
use models::registry::{self, Act, Alias, Move};
use models::upkeep::{self, CheckKind, CheckRow, Decided};
use queue::{Context, LogLevel, QueueError};
use serde_json::{Value, json};

use super::challenge::{Pair, pair};
use super::looked::{Begun, Looked, begun, ended, off, output, seed};
use super::noted::{actor, noted, rows as counted, word};
use super::shadow::shadow;
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: JudgeChallenger,
) -> Result<CheckOutput, Ending> {
    let artist = payload.artist_id;
    let looked = match begun(&environment, &context, artist, payload.upkeep_id).await? {
        Begun::Looked(looked) => looked,
        Begun::Ended(output) => return Ok(output),
    };
    let Some(pair) = pair(&environment, &looked).await? else {
        context.log(LogLevel::Info, "nothing challenges the champion");
        return Ok(CheckOutput::default());
    };
    let verdict = verdict(&environment, &context, &looked, &pair).await?;
    let now = environment.queue.now();
    let (kind, because) = (CheckKind::Judgement, verdict.because.as_str());
    let mut check = noted(
        &context,
        &looked.champion,
        kind,
        verdict.decision,
        because,
        now,
    );
    check.other = Some(pair.challenger.version.clone());
    check.compared = counted(verdict.compared);
    check.evidence.0 = verdict.evidence;
    let recorded = record(&context, &looked, check).await?;
    environment
        .insight
        .alias_moved(artist, &looked.upkeep.model);
    let Some(check) = recorded else {
        return Ok(off(&context));
    };
    context.log(
        LogLevel::Info,
        format!("{}: {}", check.decision, check.because),
    );
    Ok(output(&check))
}

struct Verdict {
    decision: Decision,
    because: String,
    compared: usize,
    evidence: Value,
}

async fn verdict(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
    pair: &Pair,
) -> Result<Verdict, Ending> {
    let (policy, seed) = (looked.policy, seed(context));
    let about = json!({ "policy": policy, "rows": pair.rows.len(), "judged_at": pair.judged_at });
    let told = |decision, because: String, compared, mut evidence: Value| {
        if let Some(fields) = evidence.as_object_mut() {
            fields.extend(about.as_object().cloned().unwrap_or_default());
        }
        Verdict {
            decision,
            because,
            compared,
            evidence,
        }
    };
    // Rows that were looked at already would only be looked at once more.
    if !due(pair.rows.len(), pair.judged_at, &policy) && !pair.out_of_patience {
        let because = word(Because::TooFewRows);
        return Ok(told(Decision::Wait, because, 0, json!({})));
    }
    let said = match shadow(environment, context, &pair.challenger, &pair.rows).await? {
        Ok(said) => said,
        Err(Refusal::Unservable { code, .. }) => {
            let evidence = json!({ "code": code });
            return Ok(told(Decision::Drop, "unservable".to_owned(), 0, evidence));
        }
        Err(refusal) => return Err(ended(refusal)),
    };
    let by_champion = shadow(environment, context, &looked.champion, &pair.rows).await?;
    let by_champion = by_champion.map_err(ended)?;
    let paired: Vec<(f64, f64, bool)> = pair
        .rows
        .iter()
        .filter_map(|row| {
            Some((
                *by_champion.get(&row.key)?,
                *said.get(&row.key)?,
                row.outcome?,
            ))
        })
        .collect();
    let (count, out_of_patience) = (paired.len(), pair.out_of_patience);
    let judging = tokio::task::spawn_blocking(move || {
        let champion: Vec<f64> = paired.iter().map(|it| it.0).collect();
        let challenger: Vec<f64> = paired.iter().map(|it| it.1).collect();
        let truth: Vec<bool> = paired.iter().map(|it| it.2).collect();
        judge(
            &champion,
            &challenger,
            &truth,
            out_of_patience,
            &policy,
            seed,
        )
    });
    let Judgement {
        decision,
        because,
        compared,
    } = judging.await.map_err(Ending::died)?;
    let rows = if compared.is_some() { count } else { 0 };
    let evidence = json!({ "compared": compared });
    Ok(told(decision, word(because), rows, evidence))
}

/// Moves the alias that the decision is about and records both; none where the upkeep was turned off
/// meanwhile. An alias that moved meanwhile is left where it is.
async fn record(
    context: &Context,
    looked: &Looked,
    mut check: CheckRow,
) -> Result<Option<CheckRow>, Ending> {
    let upkeep_id = looked.upkeep.id;
    let actor = actor(context);
    let recorded = context.fenced_tx::<_, QueueError, _>(move |tx| {
        Box::pin(async move {
            let db = tx.db();
            let now = check.created_at;
            if !upkeep::hold(db, check.artist_id, upkeep_id, now).await? {
                return Ok(None);
            }
            if let Some(wanted) = wanted(&check, actor)
                && !moved(db, &check, &wanted, now).await?
            {
                check.decision = Decided::Overtaken;
            }
            upkeep::add_check(db, &check).await?;
            Ok(Some(check))
        })
    });
    Ok(recorded.await?)
}

/// The move that the decision asks for: the challenger in the champion's place, or the challenger's alias back
/// to the champion, so that nothing challenges it.
fn wanted(check: &CheckRow, actor: String) -> Option<Move> {
    let challenger = check.other.clone()?;
    let (alias, act, from, to, what) = match check.decision {
        Decided::Promote => {
            let from = check.champion.clone();
            (Alias::Champion, Act::Promoted, from, challenger, "upkeep")
        }
        Decided::Drop => {
            let to = check.champion.clone();
            (
                Alias::Challenger,
                Act::RolledBack,
                challenger,
                to,
                "dropped by upkeep",
            )
        }
        _ => return None,
    };
    Some(Move {
        artist_id: check.artist_id,
        model: check.model.clone(),
        alias,
        act,
        from: Some(from),
        to,
        actor,
        why: format!("{what}: {}", check.because),
        evidence: Some(check.evidence.clone()),
    })
}

/// Moves, if both versions are still what they were.
async fn moved(
    db: &mut db::Db,
    check: &CheckRow,
    wanted: &Move,
    now: db::Time,
) -> Result<bool, DbError> {
    let (artist, model) = (check.artist_id, check.model.as_str());
    let champion = registry::holder(db, artist, model, Alias::Champion).await?;
    let challenger = registry::holder(db, artist, model, Alias::Challenger).await?;
    let stand = champion.is_some_and(|row| row.version == check.champion)
        && challenger.is_some_and(|row| check.other == Some(row.version));
    Ok(stand && registry::move_alias(db, wanted, now).await?.is_some())
}
