//! How far an erasing has come, as its act tells it.

use std::collections::BTreeMap;

use db::{Db, DbError, Document, Time};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::acts::Target;
use crate::{Act, ActFilter, ActId, Actor, Deed, Page, Queue, QueueError, Tx, store};

/// What the act of an erasing tells. It names nothing of what was erased.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasing {
    /// How much of what is gone, by the engine's words and the caller's.
    #[serde(default)]
    pub counts: BTreeMap<String, u64>,
    /// Tokens of effects that were given up unsettled, of which the other side may know: the first
    /// hundred.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub abandoned: Vec<String>,
    /// When nothing was left; none: it is not done, and is to be taken up again.
    #[serde(default)]
    pub ended_at: Option<Time>,
}

impl Erasing {
    /// Adds what is gone now.
    pub(super) fn add(&mut self, word: &str, count: u64) {
        if count > 0 {
            *self.counts.entry(word.to_owned()).or_default() += count;
        }
    }

    fn of(details: serde_json::Value) -> Self {
        // A newer program may tell more than this one reads.
        serde_json::from_value(details).unwrap_or_default()
    }
}

impl Tx<'_> {
    /// Writes down that `by` begins to erase a tenant, or finds the act of an erasing that did not come
    /// to its end. The caller's transaction holds what two of them would both hold.
    pub async fn begin_erasing(&mut self, by: &Actor, tenant: Uuid) -> Result<ActId, QueueError> {
        by.operates()?;
        if let Some((act, erasing)) = newest(self.db(), tenant).await?
            && erasing.ended_at.is_none()
        {
            return Ok(act);
        }
        let details = serde_json::json!(Erasing::default());
        let (target, now) = (Target::Tenant(tenant), self.now());
        Ok(by
            .did(self.db(), Deed::EraseTenant, target, details, now)
            .await?)
    }

    /// Adds to what the act tells, in the transaction in which it is gone.
    pub async fn tell_erasing(
        &mut self,
        act: ActId,
        counts: &BTreeMap<String, u64>,
    ) -> Result<(), QueueError> {
        let add = |erasing: &mut Erasing| {
            for (word, count) in counts {
                erasing.add(word, *count);
            }
        };
        Ok(change(self.db(), act, add).await?)
    }
}

impl Queue {
    /// The newest erasing of a tenant, and its act; none: it was never erased, or longer ago than acts
    /// are kept.
    pub async fn erasing_of(&self, tenant: Uuid) -> Result<Option<(ActId, Erasing)>, QueueError> {
        let mut db = self.pool().get().await?;
        Ok(newest(&mut db, tenant).await?)
    }

    /// Erasings that did not end, and those that ended after `since`, newest first.
    pub async fn erasings(&self, since: Time) -> Result<Vec<(Uuid, Erasing)>, QueueError> {
        let filter = ActFilter {
            act: Some(Deed::EraseTenant.as_str().to_owned()),
            ..ActFilter::default()
        };
        let mut page = Page {
            after: None,
            limit: 100,
        };
        let mut found = Vec::new();
        loop {
            let acts = self.acts(&filter, page).await?;
            page.after = acts.last().map(|act| act.id);
            let whole = acts.len() < usize::from(page.limit);
            found.extend(acts.into_iter().filter_map(|act| read(act, since)));
            if whole {
                return Ok(found);
            }
        }
    }

    /// Writes down that nothing is left; when that was so for the first time stays told.
    pub async fn end_erasing(&self, act: ActId) -> Result<Erasing, QueueError> {
        let now = self.now();
        self.pool()
            .tx(move |db| {
                Box::pin(async move {
                    let end = |erasing: &mut Erasing| {
                        erasing.ended_at.get_or_insert(now);
                    };
                    change(db, act, end).await?;
                    let details = store::hold_act(db, act).await?;
                    Ok(details.map(|told| Erasing::of(told.0)).unwrap_or_default())
                })
            })
            .await
    }
}

fn read(act: Act, since: Time) -> Option<(Uuid, Erasing)> {
    let erasing = Erasing::of(act.details);
    let wanted = erasing.ended_at.is_none_or(|at| at > since);
    wanted.then_some(())?;
    Some((act.target.parse().ok()?, erasing))
}

async fn newest(db: &mut Db, tenant: Uuid) -> Result<Option<(ActId, Erasing)>, DbError> {
    let filter = ActFilter {
        act: Some(Deed::EraseTenant.as_str().to_owned()),
        target: Some(tenant.to_string()),
        ..ActFilter::default()
    };
    let newest = Page {
        after: None,
        limit: 1,
    };
    let acts = store::acts(db, &filter, newest).await?;
    let newest = acts.into_iter().next();
    Ok(newest.map(|act| (act.id, Erasing::of(act.details))))
}

/// Changes what an act tells, in the caller's transaction.
pub(super) async fn change(
    db: &mut Db,
    act: ActId,
    change: impl FnOnce(&mut Erasing) + Send,
) -> Result<(), DbError> {
    let Some(details) = store::hold_act(db, act).await? else {
        // It was so long ago that it was forgotten: what it told is forgotten with it.
        return Ok(());
    };
    let mut erasing = Erasing::of(details.0);
    change(&mut erasing);
    store::tell_act(db, act, Document(serde_json::json!(erasing))).await
}
