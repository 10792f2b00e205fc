//! A duty of the keeper's: erasings that died are taken up again, and those of the last days are looked
//! at once more. What a killed process had put into object storage, or a schedule that was put at the
//! very moment, goes then.

use std::time::Duration;

use db::Pool;
use jobs::erasing::{NotErased, Wish};
use models::ArtistId;
use queue::{Actor, Duty, Term};
use storage::Storage;

use super::course::{run, stands};
use super::desk::ErasingDesk;

/// How often it is looked.
const EVERY: Duration = Duration::from_hours(1);
/// Nothing that was begun before an artist was erased comes to its end later than this.
const AFTERWARDS: Duration = Duration::from_hours(48);
/// Others' turns come soon: what still runs is asked again an hour later.
const WAIT: Duration = Duration::from_secs(5);

/// Takes up what is unfinished of erasings.
pub fn unfinished_erasings(pool: Pool, storage: Storage) -> Duty {
    let duty = Duty::new("finish_erasings", EVERY, move |term| {
        // What is at hand of models is asked for by nobody, and is pushed out by others.
        let desk = ErasingDesk {
            pool: pool.clone(),
            queue: term.queue().clone(),
            storage: storage.clone(),
            insight: None,
        };
        finish(desk, term)
    });
    duty.at_once()
}

async fn finish(desk: ErasingDesk, term: Term) -> Result<u64, NotErased> {
    let since = term.queue().now() - AFTERWARDS;
    let mut finished = 0;
    for (tenant, erasing) in desk.queue.erasings(since).await? {
        if !term.holds() {
            break;
        }
        let artist = ArtistId(tenant);
        // One that stands again is another's.
        if erasing.ended_at.is_some() && stands(&desk, artist).await? {
            continue;
        }
        let wish = Wish {
            abandon_effects: false,
            wait: WAIT,
        };
        match run(&desk, artist, Actor::operator("keeper"), wish, |_| {}).await {
            Ok(_) => finished += u64::from(erasing.ended_at.is_none()),
            Err(error) => {
                let code = error.code();
                tracing::warn!(tenant.id = %artist, code, %error, "an erasing waits");
            }
        }
    }
    Ok(finished)
}
