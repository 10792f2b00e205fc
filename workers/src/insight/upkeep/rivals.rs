//! The versions that a champion is held against: the one that challenges it, and the one before it.

use db::{Db, DbError, Time};
use models::registry::{self, Alias, VersionRow};
use models::upkeep::{self, CheckKind};

use super::looked::Looked;
use crate::ending::Ending;
use crate::environment::Environment;

/// Moves that are looked through.
const NEWEST_MOVES: i64 = 200;

/// A version that challenges the champion.
pub struct Challenger {
    /// The version.
    pub version: VersionRow,
    /// On how many rows it was judged last.
    pub judged_at: Option<usize>,
    /// Whether it has waited for longer than it may.
    pub out_of_patience: bool,
}

/// The champion that this one took the place of.
pub struct Before {
    /// The version.
    pub version: VersionRow,
    /// When this one took its place.
    pub since: Time,
    /// On how many rows the two were compared last.
    pub looked_at: Option<usize>,
}

/// The challenger; none where nothing challenges the champion. What was champion once challenges nobody: the
/// figures or a person decided about it already.
pub async fn challenger(
    environment: &Environment,
    looked: &Looked,
) -> Result<Option<Challenger>, Ending> {
    let champion = &looked.champion;
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let mut db = environment.pool.get().await?;
    let aliases = registry::aliases_of(&mut db, artist, model).await?;
    let alias = aliases.iter().find(|row| row.alias == Alias::Challenger);
    let Some(alias) = alias.filter(|alias| alias.version != champion.version) else {
        return Ok(None);
    };
    let moves = registry::history(&mut db, artist, model, NEWEST_MOVES).await?;
    let was_champion = moves
        .iter()
        .any(|it| it.alias == Alias::Champion && it.to_version == alias.version);
    if was_champion {
        return Ok(None);
    }
    let Some(version) = registry::version(&mut db, artist, model, &alias.version).await? else {
        return Ok(None);
    };
    let since = alias.moved_at;
    let kind = CheckKind::Judgement;
    let judged_at = last_look(&mut db, champion, &version, kind, since).await?;
    let hours = environment.queue.now().since(since).as_secs() / 3600;
    Ok(Some(Challenger {
        version,
        judged_at,
        out_of_patience: hours >= 24 * u64::from(looked.policy.patience_days),
    }))
}

/// The champion before; none where this is the model's first.
pub async fn before(environment: &Environment, looked: &Looked) -> Result<Option<Before>, Ending> {
    let champion = &looked.champion;
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let mut db = environment.pool.get().await?;
    let before = registry::previous_champion(&mut db, artist, model, &champion.version).await?;
    let Some(before) = before else {
        return Ok(None);
    };
    let Some(version) = registry::version(&mut db, artist, model, &before).await? else {
        return Ok(None);
    };
    let moves = registry::history(&mut db, artist, model, NEWEST_MOVES).await?;
    let newest = moves
        .iter()
        .find(|it| it.alias == Alias::Champion && it.to_version == champion.version);
    let since = newest.map_or(champion.created_at, |it| it.created_at);
    let looked_at = last_look(&mut db, champion, &version, CheckKind::Watch, since).await?;
    Ok(Some(Before {
        version,
        since,
        looked_at,
    }))
}

/// On how many rows the champion and another were compared last.
async fn last_look(
    db: &mut Db,
    champion: &VersionRow,
    other: &VersionRow,
    kind: CheckKind,
    since: Time,
) -> Result<Option<usize>, DbError> {
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let versions = (champion.version.as_str(), other.version.as_str());
    let last = upkeep::last_look(db, artist, model, kind, versions, since).await?;
    Ok(last.and_then(|last| usize::try_from(last).ok()))
}
