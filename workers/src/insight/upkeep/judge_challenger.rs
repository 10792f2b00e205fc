//! `judge_challenger`: the challenger beside the champion, on what neither was trained on.

use db::DbError;
use jobs::insight::Insight;
use jobs::{CheckOutput, JudgeChallenger, RefreshAnalytics};
use ml::upkeep::{Because, Decision, Judgement};
use models::registry::{self, Act, Alias, Move, Task};
use models::upkeep::{self, CheckKind, CheckRow, Decided};
use queue::{Context, LogLevel, QueueError};
use serde_json::{Value, json};

use super::found::Tried;
use super::looked::{Begun, Looked, begun, off, output};
use super::noted::{actor, noted, rows as counted, word};
use super::rivals::{Challenger, challenger};
use super::{churn, forecast};
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
    let Some(challenger) = challenger(&environment, &looked).await? else {
        context.log(LogLevel::Info, "nothing challenges the champion");
        return Ok(CheckOutput::default());
    };
    let tried = match looked.champion.task {
        Task::Churn => churn::tried(&environment, &context, &looked, &challenger).await?,
        Task::Forecast => forecast::tried(&environment, &context, &looked, &challenger).await?,
    };
    let verdict = Verdict::of(&tried, &looked, &challenger);
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
    check.other = Some(challenger.version.version.clone());
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

impl Verdict {
    fn of(tried: &Tried, looked: &Looked, challenger: &Challenger) -> Self {
        let about = json!({ "policy": looked.policy, "judged_at": challenger.judged_at });
        let told = |decision, because: String, compared, name: &str, figure: Value| {
            let mut evidence = about.clone();
            if let Some(fields) = evidence.as_object_mut() {
                fields.insert(name.to_owned(), figure);
            }
            Self {
                decision,
                because,
                compared,
                evidence,
            }
        };
        match tried {
            Tried::NotDue(there) => {
                let because = word(Because::TooFewRows);
                told(Decision::Wait, because, 0, "there", json!(there))
            }
            Tried::Unservable(code) => {
                let because = "unservable".to_owned();
                told(Decision::Drop, because, 0, "code", json!(code))
            }
            Tried::Judged(Judgement {
                decision,
                because,
                compared,
            }) => {
                let rows = compared
                    .as_ref()
                    .map_or(0, |compared| compared.counted.rows);
                told(*decision, word(*because), rows, "compared", json!(compared))
            }
        }
    }
}

/// Moves the alias that the decision is about and records both; none where the upkeep was turned off
/// meanwhile. An alias that moved meanwhile is left where it is.
async fn record(
    context: &Context,
    looked: &Looked,
    mut check: CheckRow,
) -> Result<Option<CheckRow>, Ending> {
    let (upkeep_id, task) = (looked.upkeep.id, looked.champion.task);
    let actor = actor(context);
    let recorded = context.fenced_tx::<_, QueueError, _>(move |tx| {
        Box::pin(async move {
            let now = check.created_at;
            if !upkeep::hold(tx.db(), check.artist_id, upkeep_id, now).await? {
                return Ok(None);
            }
            if let Some(wanted) = wanted(&check, actor)
                && !moved(tx.db(), &check, &wanted, now).await?
            {
                check.decision = Decided::Overtaken;
            }
            if check.decision == Decided::Promote {
                RefreshAnalytics::follow_champion(tx, check.artist_id, task).await?;
            }
            upkeep::add_check(tx.db(), &check).await?;
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
