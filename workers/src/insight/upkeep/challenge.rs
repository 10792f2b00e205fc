//! The version that challenges the champion, and the rows that the two can be judged on.

use db::{Db, DbError, Time};
use models::registry::{self, Alias, VersionRow};
use models::upkeep::{self, CheckKind, ObservationRow};

use super::looked::Looked;
use super::seen::SeenBy;
use crate::ending::Ending;
use crate::environment::Environment;

/// Moves that are looked through.
const NEWEST_MOVES: i64 = 200;

/// A challenger, and how it stands.
pub struct Pair {
    /// The version.
    pub challenger: VersionRow,
    /// Rows with an outcome that neither it nor the champion was trained on.
    pub rows: Vec<ObservationRow>,
    /// How many there were when it was judged last.
    pub judged_at: Option<usize>,
    /// Whether it has waited for longer than it may.
    pub out_of_patience: bool,
}

/// The challenger with its rows; none where nothing challenges the champion.
pub async fn pair(environment: &Environment, looked: &Looked) -> Result<Option<Pair>, Ending> {
    let champion = &looked.champion;
    let mut db = environment.pool.get().await?;
    let Some((challenger, since)) = challenger(&mut db, champion).await? else {
        return Ok(None);
    };
    let seen = [
        SeenBy::of(&mut db, champion).await?,
        SeenBy::of(&mut db, &challenger).await?,
    ];
    let (artist, model) = (champion.artist_id, champion.model.as_str());
    let versions = (champion.version.as_str(), challenger.version.as_str());
    let kind = CheckKind::Judgement;
    let last = upkeep::last_look(&mut db, artist, model, kind, versions, since).await?;
    let fair =
        |row: &&ObservationRow| row.outcome.is_some() && seen.iter().all(|seen| seen.is_new(row));
    let hours = environment.queue.now().since(since).as_secs() / 3600;
    Ok(Some(Pair {
        challenger,
        rows: looked.rows.iter().filter(fair).cloned().collect(),
        judged_at: last.and_then(|last| usize::try_from(last).ok()),
        out_of_patience: hours >= 24 * u64::from(looked.policy.patience_days),
    }))
}

/// The version that challenges the champion, and since when. What was champion once is none: the figures or a
/// person decided about it already.
async fn challenger(
    db: &mut Db,
    champion: &VersionRow,
) -> Result<Option<(VersionRow, Time)>, DbError> {
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
