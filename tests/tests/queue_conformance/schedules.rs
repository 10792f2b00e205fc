//! Schedules as people keep them: put, read, paused, triggered, deleted, each tenant its own.

use std::time::Duration;

use db::Time;
use queue::{CatchUp, NewSchedule, Page, Queue, Schedule, Scope, State};
use uuid::Uuid;

use crate::arena::{Arena, Ping, job, noon};
use crate::ticks::{jobs, schedule};

on_both! {
    putting_again_changes_what_is_said_and_nothing_else,
    another_expression_goes_on_from_now,
    a_paused_schedule_is_silent_and_makes_up_for_nothing,
    a_deleted_schedule_leaves_its_jobs,
    a_triggered_schedule_makes_a_job_now,
    upcoming_ticks_are_shown,
    tenants_have_their_own,
    what_cannot_be_is_refused_with_its_field,
}

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

pub async fn put(queue: &Queue, new: NewSchedule) -> Schedule {
    queue.put_schedule(Scope::Operator, new).await.unwrap()
}

async fn read(queue: &Queue, of: &Schedule) -> Schedule {
    let read = queue.schedule(Scope::Operator, of.id).await.unwrap();
    read.unwrap()
}

async fn putting_again_changes_what_is_said_and_nothing_else(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let first = put(&queue, schedule("report", "0 * * * *")).await;
    assert_eq!(read(&queue, &first).await, first);
    assert_eq!(first.next_at, Some(at("2026-11-23T13:00:00Z")));
    assert_eq!(
        (first.queue.as_str(), first.kind.as_str()),
        ("pings", "ping_peer")
    );
    // It is due, and putting it again loses nothing of that.
    clock.advance(Duration::from_mins(90));
    let again = schedule("report", "0  * * * *")
        .catch_up(CatchUp::All)
        .priority(2);
    let second = put(&queue, again).await;
    assert_eq!(
        second,
        Schedule {
            catch_up: CatchUp::All,
            priority: 2,
            updated_at: queue.now(),
            ..first.clone()
        }
    );
    assert_eq!(read(&queue, &first).await, second);
    assert_eq!(queue.tick_due().await.unwrap(), 1);
    let all = queue.schedules(Scope::Operator, Page::default()).await;
    assert_eq!(all.unwrap().len(), 1);
}

async fn another_expression_goes_on_from_now(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let first = put(&queue, schedule("report", "0 * * * *")).await;
    clock.advance(Duration::from_mins(90));
    let second = put(&queue, schedule("report", "45 * * * *")).await;
    assert_eq!(second.id, first.id);
    assert_eq!(second.next_at, Some(at("2026-11-23T13:45:00Z")));
    assert_eq!(queue.tick_due().await.unwrap(), 0);
}

async fn a_paused_schedule_is_silent_and_makes_up_for_nothing(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let every = put(
        &queue,
        schedule("report", "*/5 * * * *").catch_up(CatchUp::All),
    )
    .await;
    let paused = queue.pause_schedule(Scope::Operator, every.id).await;
    let paused = paused.unwrap().unwrap();
    assert_eq!(
        (paused.paused_at, paused.next_at),
        (Some(queue.now()), None)
    );
    clock.advance(Duration::from_hours(1));
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    // A program that starts meanwhile does not wake it.
    let again = put(
        &queue,
        schedule("report", "*/7 * * * *").catch_up(CatchUp::All),
    )
    .await;
    assert_eq!((again.paused_at, again.next_at), (paused.paused_at, None));
    let resumed = queue.resume_schedule(Scope::Operator, every.id).await;
    let resumed = resumed.unwrap().unwrap();
    assert_eq!(resumed.next_at, Some(at("2026-11-23T13:07:00Z")));
    assert_eq!(read(&queue, &every).await, resumed);
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    clock.advance(Duration::from_mins(7));
    assert_eq!(queue.tick_due().await.unwrap(), 1);
}

async fn a_deleted_schedule_leaves_its_jobs(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let every = put(&queue, schedule("report", "* * * * *")).await;
    clock.advance(Duration::from_mins(1));
    assert_eq!(queue.tick_due().await.unwrap(), 1);
    let made = jobs(&queue).await.remove(0);
    assert!(queue.tick_of(made.id).await.unwrap().is_some());
    let deleted = queue.delete_schedule(Scope::Operator, every.id).await;
    assert!(deleted.unwrap());
    let again = queue.delete_schedule(Scope::Operator, every.id).await;
    assert!(!again.unwrap());
    clock.advance(Duration::from_hours(1));
    assert_eq!(queue.tick_due().await.unwrap(), 0);
    assert_eq!(job(&queue, made.id).await, made);
    assert!(queue.tick_of(made.id).await.unwrap().is_none());
}

async fn a_triggered_schedule_makes_a_job_now(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let tenant = Uuid::now_v7();
    let new = schedule("report", "0 * * * *").tenant(tenant).priority(1);
    let every = put(&queue, new).await;
    queue
        .pause_schedule(Scope::Operator, every.id)
        .await
        .unwrap();
    let id = queue
        .trigger_schedule(Scope::Tenant(tenant), every.id)
        .await;
    let made = job(&queue, id.unwrap().unwrap()).await;
    assert_eq!((made.state, made.run_at), (State::Waiting, queue.now()));
    assert_eq!((made.tenant_id, made.priority), (Some(tenant), 1));
    assert_eq!(made.payload, serde_json::json!({"number": 7}));
    assert_eq!(made.max_attempts, 2);
    assert!(queue.tick_of(made.id).await.unwrap().is_none());
    assert!(read(&queue, &every).await.last_at.is_none());
}

async fn upcoming_ticks_are_shown(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let new = NewSchedule::of("report", &Ping { number: 7 }, "@daily", "Europe/Berlin");
    let daily = put(&queue, new.unwrap()).await;
    let next = queue.upcoming(Scope::Operator, daily.id, 2).await.unwrap();
    let midnights = ["2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"].map(at);
    assert_eq!(next.unwrap(), midnights);
    let many = queue.upcoming(Scope::Operator, daily.id, usize::MAX).await;
    assert_eq!(many.unwrap().unwrap().len(), 1000);
}

async fn tenants_have_their_own(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let of_a = Scope::Tenant(a);
    let report = || schedule("report", "* * * * *");
    let own = queue.put_schedule(of_a, report()).await.unwrap();
    assert_eq!(own.tenant_id, Some(a));
    let others = queue
        .put_schedule(Scope::Tenant(b), report())
        .await
        .unwrap();
    let platforms = put(&queue, report()).await;
    assert!(own.id != others.id && others.id != platforms.id);
    let taken = queue.put_schedule(of_a, report().tenant(b)).await;
    assert_eq!(taken.unwrap_err().code(), "schedule_invalid");
    for id in [others.id, platforms.id] {
        assert!(queue.schedule(of_a, id).await.unwrap().is_none());
        assert!(queue.pause_schedule(of_a, id).await.unwrap().is_none());
        assert!(queue.resume_schedule(of_a, id).await.unwrap().is_none());
        assert!(queue.trigger_schedule(of_a, id).await.unwrap().is_none());
        assert!(queue.upcoming(of_a, id, 1).await.unwrap().is_none());
        assert!(!queue.delete_schedule(of_a, id).await.unwrap());
    }
    let listed = queue.schedules(of_a, Page::default()).await.unwrap();
    assert_eq!(listed, [own]);
    let page = Page {
        after: Some(platforms.id),
        limit: 1,
    };
    let older = queue.schedules(Scope::Operator, page).await.unwrap();
    assert_eq!(older, [others]);
    assert!(jobs(&queue).await.is_empty());
    clock.advance(Duration::from_mins(1));
    assert_eq!(queue.tick_due().await.unwrap(), 3);
    let mut tenants: Vec<_> = jobs(&queue).await.iter().map(|job| job.tenant_id).collect();
    tenants.sort();
    assert_eq!(tenants, [None, Some(a), Some(b)]);
}

async fn what_cannot_be_is_refused_with_its_field(arena: Arena) {
    let queue = arena.queue().await;
    let ping = Ping { number: 7 };
    let of = |name: &str, cron, zone| NewSchedule::of(name, &ping, cron, zone);
    let refused = |cron, zone| of("report", cron, zone).unwrap_err();
    assert_eq!(
        refused("0 25 * * *", "UTC").to_string(),
        "not a valid schedule: hour: `25` is not within 0 to 23"
    );
    assert_eq!(
        refused("@daily", "Europe/Berln").to_string(),
        "not a valid schedule: zone: `Europe/Berln` is no IANA time zone such as Europe/Berlin or UTC"
    );
    let long = "n".repeat(129);
    for (name, cron) in [
        ("", "@daily"),
        (long.as_str(), "@daily"),
        // Only hours that are skipped.
        ("report", "* 2 25-31 3 */7"),
    ] {
        let new = of(name, cron, "Europe/Berlin").unwrap();
        let error = queue.put_schedule(Scope::Operator, new).await.unwrap_err();
        assert_eq!(error.code(), "schedule_invalid");
    }
}
