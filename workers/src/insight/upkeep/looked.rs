//! What every job of upkeep looks at first.

use jobs::CheckOutput;
use jobs::insight::Refusal;
use ml::upkeep::Policy;
use models::registry::{self, Alias, VersionRow};
use models::upkeep::{self, CheckRow, UpkeepRow};
use models::{ArtistId, UpkeepId};
use queue::{Context, Fault, LogLevel};

use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::{owned, unreadable};

/// A model that is looked after.
pub struct Looked {
    /// Its upkeep.
    pub upkeep: UpkeepRow,
    /// The figures.
    pub policy: Policy,
    /// The version that answers.
    pub champion: VersionRow,
}

/// How a job begins.
pub enum Begun {
    /// There is a model to look after.
    Looked(Box<Looked>),
    /// There is nothing to do: an earlier attempt decided, or there is nothing to look after.
    Ended(CheckOutput),
}

/// Begins a job of this artist's and upkeep.
pub async fn begun(
    environment: &Environment,
    context: &Context,
    artist: ArtistId,
    id: UpkeepId,
) -> Result<Begun, Ending> {
    owned(context, artist)?;
    if let Some(decided) = earlier(environment, context, artist).await? {
        return Ok(Begun::Ended(decided));
    }
    let looked = looked(environment, artist, id).await?;
    Ok(looked.map_or_else(
        || Begun::Ended(off(context)),
        |looked| Begun::Looked(Box::new(looked)),
    ))
}

/// The model as it is now; none where its upkeep is off, or nothing answers.
async fn looked(
    environment: &Environment,
    artist: ArtistId,
    id: UpkeepId,
) -> Result<Option<Looked>, Ending> {
    let mut db = environment.pool.get().await?;
    let Some(upkeep) = upkeep::find_by_id(&mut db, artist, id).await? else {
        return Ok(None);
    };
    let champion = registry::holder(&mut db, artist, &upkeep.model, Alias::Champion).await?;
    let Some(champion) = champion else {
        return Ok(None);
    };
    let policy = serde_json::from_value(upkeep.policy.0.clone()).map_err(unreadable)?;
    Ok(Some(Looked {
        upkeep,
        policy,
        champion,
    }))
}

/// What an earlier attempt at the same job decided, if it got so far.
async fn earlier(
    environment: &Environment,
    context: &Context,
    artist: ArtistId,
) -> Result<Option<CheckOutput>, Ending> {
    let job = context.job().id.uuid().into();
    let mut db = environment.pool.get().await?;
    let check = upkeep::check_of_job(&mut db, artist, job).await?;
    if check.is_some() {
        context.log(LogLevel::Info, "an earlier attempt had decided");
    }
    Ok(check.as_ref().map(output))
}

/// What a job answers of its check.
pub fn output(check: &CheckRow) -> CheckOutput {
    CheckOutput {
        check_id: Some(check.id),
        decision: Some(check.decision),
        next_job_id: check.next_job_id,
    }
}

/// What a job answers that found nothing to look after.
pub fn off(context: &Context) -> CheckOutput {
    context.log(LogLevel::Info, "the upkeep is off, or nothing answers");
    CheckOutput::default()
}

/// A job's seed: the same over all its attempts.
pub fn seed(context: &Context) -> u64 {
    let (high, low) = context.job().id.uuid().as_u64_pair();
    high ^ low
}

/// A refusal as an end: what is away now may be back, what can't serve won't.
pub fn ended(refusal: Refusal) -> Ending {
    match refusal {
        Refusal::Unservable { code, message } => Fault::permanent(code, message).into(),
        Refusal::NotFound(what) => {
            Fault::permanent("version_gone", format!("there is no such {what}")).into()
        }
        Refusal::Broken { field, code, rule } => {
            Fault::permanent(code, format!("{field}: {rule}")).into()
        }
        Refusal::Unavailable(error) => Fault::transient("unavailable", error).into(),
        Refusal::Internal(error) => Fault::transient("internal", error).into(),
    }
}
