//! Putting a schedule: made when there is none of its name, changed when there is.

use db::{Db, Time};

use crate::store::{self, ScheduleRow};
use crate::{NewSchedule, Queue, QueueError, Schedule, Scope};

impl Queue {
    /// Creates the schedule, or makes the one of its name and tenant what `new` says. Putting the
    /// same again changes nothing that matters, so a program may put its schedules whenever it
    /// starts: what is due stays due, and what was paused stays paused. When the expression or
    /// the zone changed, it goes on with the first tick after now.
    pub async fn put_schedule(
        &self,
        scope: Scope,
        new: NewSchedule,
    ) -> Result<Schedule, QueueError> {
        self.transaction(move |tx| Box::pin(tx.put_schedule(scope, new)))
            .await
    }
}

/// The same inside the caller's transaction.
pub(crate) async fn in_transaction(
    db: &mut Db,
    scope: Scope,
    new: NewSchedule,
    now: Time,
) -> Result<Schedule, QueueError> {
    let new = within(scope, new)?;
    new.check()?;
    Ok(put(db, &new, now).await?.into_schedule())
}

/// What a tenant puts is the tenant's.
fn within(scope: Scope, new: NewSchedule) -> Result<NewSchedule, QueueError> {
    match (scope, new.job.tenant_id) {
        (Scope::Tenant(tenant), None) => Ok(new.tenant(tenant)),
        (Scope::Tenant(tenant), Some(other)) if other != tenant => {
            Err(QueueError::InvalidSchedule {
                field: "tenant",
                message: "it is another's".into(),
            })
        }
        _ => Ok(new),
    }
}

async fn put(db: &mut Db, new: &NewSchedule, now: Time) -> Result<ScheduleRow, QueueError> {
    let Some(next_at) = new.cron.next_after(now) else {
        return Err(QueueError::InvalidSchedule {
            field: "expression",
            message: "it has no tick in the next forty years".into(),
        });
    };
    let fresh = ScheduleRow::of(
        new.name.clone(),
        &new.cron,
        new.catch_up,
        new.job.clone(),
        next_at,
        now,
    );
    // Another program may put or delete the same between our looks.
    loop {
        if let Some(old) = store::hold_named(db, new.job.tenant_id, &new.name).await? {
            let row = replacing(fresh, &old, now);
            store::replace_schedule(db, &row).await?;
            return Ok(row);
        }
        if store::insert_schedule(db, &fresh).await? {
            return Ok(fresh);
        }
    }
}

/// `fresh` in the place of `old`, with its past.
fn replacing(fresh: ScheduleRow, old: &ScheduleRow, now: Time) -> ScheduleRow {
    let same = (&fresh.cron, &fresh.zone) == (&old.cron, &old.zone);
    let next_at = match old.next_at {
        _ if old.paused_at.is_some() => None,
        Some(due) if same && due <= now => Some(due),
        _ => fresh.next_at,
    };
    ScheduleRow {
        id: old.id,
        paused_at: old.paused_at,
        next_at,
        last_at: old.last_at,
        missed: old.missed,
        created_at: old.created_at,
        ..fresh
    }
}
