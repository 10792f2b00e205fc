//! Erasing a tenant: nothing of it stays but one act, and nothing of another goes.

use std::collections::BTreeMap;
use std::time::Duration;

use db::Db;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use queue::{
    ActFilter, ActId, CallError, Contract, ErasedTenant, Fault, Filter, Finished, Flow, JobId,
    Limit, ManualClock, OnFailure, Outcome, Page, Queue, QueueError, Resolution, Resolved, Scope,
    State,
};
use serde_json::json;
use uuid::Uuid;

use crate::acts::all;
use crate::arena::{Arena, Ping, claim_one, job, nina, noon, ping, worker};
use crate::ticks::schedule;

on_both! {
    a_tenant_goes_with_all_that_tells_of_it_and_others_stay,
    what_may_have_happened_outside_does_not_vanish_unless_it_is_given_up,
    what_runs_is_waited_for_and_what_lost_its_lease_writes_nothing_any_more,
    an_erasing_that_stopped_is_taken_up_under_its_act,
}

const WHY: &str = "the tenant is erased";

async fn begun(queue: &Queue, tenant: Uuid) -> ActId {
    let begin = queue
        .transaction(move |tx| Box::pin(async move { tx.begin_erasing(&nina(), tenant).await }));
    begin.await.unwrap()
}

/// One of everything that the engine can have of a tenant.
async fn filled(queue: &Queue, clock: &ManualClock, tenant: Uuid) -> Vec<Uuid> {
    let scope = Scope::Tenant(tenant);
    let worker = worker(queue).await;
    let mine = |number| ping(number).tenant(tenant);
    let dead = queue.enqueue(mine(1).priority(0)).await.unwrap().id;
    let claimed = claim_one(&worker).await;
    let context = claimed.context();
    context.log(queue::LogLevel::Info, "looked at");
    let posted: Result<u32, Fault> = context
        .effects()
        .once("post", async |_| Ok::<_, CallError>(7))
        .await;
    posted.unwrap();
    let ends = [(claimed, Outcome::Dead(Fault::permanent("no_peer", "gone")))];
    assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
    worker.shutdown(Duration::ZERO).await.unwrap();
    let cancelled = queue.enqueue(mine(2)).await.unwrap().id;
    queue.cancel(scope, cancelled, "by itself").await.unwrap();
    let other = queue.enqueue(mine(3)).await.unwrap().id;
    queue.cancel(nina(), other, "by nina").await.unwrap();
    let mut flow = Flow::new();
    let first = flow.add(mine(4).limited_by(format!("accounts/{tenant}")));
    flow.add(mine(5).after(first, OnFailure::Cancel));
    let flow = queue.enqueue_flow(flow).await.unwrap();
    let window = mine(6).unique_for("once", Duration::from_hours(1));
    let keyed = queue.enqueue(window).await.unwrap().id;
    let hourly = schedule("hourly", "0 * * * *");
    let hourly = queue.put_schedule(scope, hourly).await.unwrap().id;
    let filter = Filter {
        tenant_id: Some(tenant),
        ..Filter::default()
    };
    clock.advance(Duration::from_secs(1));
    // Told with its filter, which names the tenant.
    let redriven = queue.redrive(nina(), &filter, None).await.unwrap();
    assert_eq!(redriven.retried, 1);
    queue.cancel(nina(), dead, "again").await.unwrap();
    let mut jobs = vec![dead, cancelled, other, keyed];
    jobs.extend(flow.jobs);
    let jobs = jobs.into_iter().map(JobId::uuid);
    jobs.chain([hourly.uuid(), tenant]).collect()
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

/// Every row of every table of the engine as text, with ids as bare hexadecimal digits.
async fn rows(arena: &Arena) -> BTreeMap<&'static str, Vec<String>> {
    const TABLES: [(&str, &str); 12] = [
        (
            "queue_jobs",
            "hex(tenant_id) || hex(id) || hex(lane) || hex(flow_id) || payload || unique_key",
        ),
        ("queue_attempts", "hex(job_id)"),
        ("queue_effects", "hex(job_id) || token"),
        ("queue_edges", "hex(job_id) || hex(needs_id)"),
        ("queue_log", "hex(job_id) || message"),
        ("queue_schedules", "hex(tenant_id) || hex(id) || payload"),
        ("queue_ticks", "hex(schedule_id) || hex(job_id)"),
        (
            "queue_acts",
            "act || actor || hex(tenant_id) || target || details",
        ),
        ("queue_unique_windows", "unique_key || hex(job_id)"),
        ("queue_gates", "key"),
        ("queue_limits", "name"),
        ("queue_controls", "queue"),
    ];
    let mut connection = arena.pool.get().await.unwrap();
    let db: &mut Db = &mut connection;
    let mut all = BTreeMap::new();
    for (table, columns) in TABLES {
        let parts = columns
            .split(" || ")
            .map(|part| format!("coalesce({part}, '')"));
        let sql = match db {
            Db::Pg(_) => format!("SELECT t::text AS row FROM {table} t"),
            Db::Sqlite(_) => {
                let parts: Vec<_> = parts.collect();
                format!("SELECT {} AS row FROM {table}", parts.join(" || ' ' || "))
            }
        };
        let query = diesel::sql_query(sql);
        let rows: Vec<Row> = db::on!(db, conn => query.load(conn).await).unwrap();
        let plain = |row: Row| row.row.to_lowercase().replace('-', "");
        all.insert(table, rows.into_iter().map(plain).collect());
    }
    all
}

/// In which tables any of the ids is told, and how often.
fn told(rows: &BTreeMap<&'static str, Vec<String>>, ids: &[Uuid]) -> BTreeMap<&'static str, usize> {
    let ids: Vec<_> = ids.iter().map(|id| id.simple().to_string()).collect();
    let names = |row: &&String| ids.iter().any(|id| row.contains(id));
    let counts = rows
        .iter()
        .map(|(table, rows)| (*table, rows.iter().filter(names).count()));
    counts.filter(|(_, count)| *count > 0).collect()
}

async fn a_tenant_goes_with_all_that_tells_of_it_and_others_stay(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let (one, other) = (Uuid::now_v7(), Uuid::now_v7());
    let ones = filled(&queue, &clock, one).await;
    let others = filled(&queue, &clock, other).await;
    clock.advance(Duration::from_hours(1));
    assert_eq!(queue.tick_due().await.unwrap(), 2);
    // A bucket of a key that names the tenant.
    let limit = Limit {
        name: "accounts".to_owned(),
        max_running: Some(1),
        rate: None,
    };
    queue.put_limit(nina(), limit).await.unwrap();
    let taker = worker(&queue).await;
    let claimed = taker.claim(Ping::QUEUE, 100).await.unwrap();
    assert!(!claimed.is_empty());
    let ends = claimed
        .into_iter()
        .map(|claimed| (claimed, Outcome::Done(json!(1))));
    taker.finish(&ends.collect::<Vec<_>>()).await.unwrap();

    let before = rows(&arena).await;
    let mine = told(&before, &ones);
    assert_eq!(
        mine.keys().copied().collect::<Vec<_>>(),
        [
            "queue_acts",
            "queue_attempts",
            "queue_edges",
            "queue_effects",
            "queue_gates",
            "queue_jobs",
            "queue_log",
            "queue_schedules",
            "queue_ticks",
            "queue_unique_windows",
        ],
        "the tenant has one of everything"
    );
    let held = queue.tenant_held(one).await.unwrap();
    assert_eq!((held.jobs, held.schedules), (mine["queue_jobs"] as u64, 1));
    assert!(held.acts > 0 && held.unsettled.is_empty());

    let act = begun(&queue, one).await;
    queue.stop_tenant(act, one, WHY).await.unwrap();
    assert!(
        queue
            .tenant_quiet(one, Duration::ZERO)
            .await
            .unwrap()
            .is_empty()
    );
    let erased = queue.erase_tenant(act, one, false).await.unwrap();
    assert_eq!(erased, ErasedTenant::Gone);
    let told_of = queue.end_erasing(act).await.unwrap();
    assert_eq!(told_of.counts["queue_jobs"], held.jobs);
    assert_eq!(told_of.counts["queue_schedules"], 1);

    let after = rows(&arena).await;
    assert_eq!(told(&after, &ones), BTreeMap::from([("queue_acts", 1)]));
    assert_eq!(told(&after, &others), told(&before, &others));
    let filter = ActFilter {
        act: Some("erase_tenant".to_owned()),
        ..ActFilter::default()
    };
    let acts = queue.acts(&filter, Page::default()).await.unwrap();
    let (said, target) = (&acts[0], one.to_string());
    assert_eq!(
        (
            said.actor.as_str(),
            said.target_kind.as_str(),
            &said.target,
            said.tenant_id
        ),
        ("nina", "tenant", &target, None)
    );
    assert!(told_of.ended_at.is_some());
    assert_eq!(said.details["counts"]["queue_jobs"], json!(held.jobs));
}

async fn what_may_have_happened_outside_does_not_vanish_unless_it_is_given_up(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let tenant = Uuid::now_v7();
    let worker = worker(&queue).await;
    for number in 0..2 {
        let id = queue.enqueue(ping(number).tenant(tenant)).await.unwrap().id;
        let claimed = claim_one(&worker).await;
        let silent = || CallError::unknown(Fault::transient("blog_silent", "no answer"));
        let posted: Result<u32, Fault> = claimed
            .context()
            .effects()
            .once("post", async |_| Err(silent()))
            .await;
        let ends = [(claimed, Outcome::Dead(posted.unwrap_err()))];
        assert_eq!(worker.finish(&ends).await.unwrap(), [Finished::Accepted]);
        assert_eq!(job(&queue, id).await.state, State::Dead);
    }
    let act = begun(&queue, tenant).await;
    queue.stop_tenant(act, tenant, WHY).await.unwrap();
    let refused = queue.erase_tenant(act, tenant, false).await.unwrap();
    let ErasedTenant::Unsettled(effects) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(effects.len(), 2);
    assert_eq!(queue.tenant_held(tenant).await.unwrap().unsettled, effects);
    // One is settled by a person, the other is given up.
    let effect = (effects[0].job_id, "post");
    let settled = queue.resolve_effect(nina(), effect, Resolution::NotHappened, "");
    assert_eq!(settled.await.unwrap(), Resolved::Done);
    let refused = queue.erase_tenant(act, tenant, false).await.unwrap();
    assert!(matches!(refused, ErasedTenant::Unsettled(left) if left.len() == 1));
    let erased = queue.erase_tenant(act, tenant, true).await.unwrap();
    assert_eq!(erased, ErasedTenant::Gone);
    let told = queue.end_erasing(act).await.unwrap();
    assert_eq!(told.counts["abandoned_effects"], 1);
    assert_eq!(told.abandoned, [effects[1].token.clone()]);
}

async fn what_runs_is_waited_for_and_what_lost_its_lease_writes_nothing_any_more(arena: Arena) {
    let (past, future) = (noon(), noon());
    let stale = worker(&arena.queue_at(&past).await).await;
    let queue = arena.queue_at(&future).await;
    let tenant = Uuid::now_v7();
    let id = queue.enqueue(ping(1).tenant(tenant)).await.unwrap().id;
    let claimed = claim_one(&stale).await;
    let context = claimed.context();
    let act = begun(&queue, tenant).await;
    queue.stop_tenant(act, tenant, WHY).await.unwrap();
    let running = queue.tenant_quiet(tenant, Duration::ZERO).await.unwrap();
    assert_eq!(running, [id]);
    let left = queue.erase_tenant(act, tenant, false).await.unwrap();
    assert_eq!(left, ErasedTenant::Left);
    assert_eq!(job(&queue, id).await.state, State::Running);

    // Its worker falls silent, and nobody takes the job back.
    future.advance(Duration::from_secs(7));
    let running = queue.tenant_quiet(tenant, Duration::ZERO).await.unwrap();
    assert_eq!(running, []);
    let erased = queue.erase_tenant(act, tenant, false).await.unwrap();
    assert_eq!(erased, ErasedTenant::Gone);
    let written: Result<(), QueueError> = context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                tx.enqueue(ping(2).tenant(tenant)).await?;
                Ok(())
            })
        })
        .await;
    assert!(matches!(written, Err(QueueError::LeaseLost)), "{written:?}");
    let ends = [(claimed, Outcome::Done(json!(1)))];
    assert_eq!(stale.finish(&ends).await.unwrap(), [Finished::Stale]);
    let held = queue.tenant_held(tenant).await.unwrap();
    assert_eq!((held.jobs, held.unfinished), (0, 0));
}

async fn an_erasing_that_stopped_is_taken_up_under_its_act(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let tenant = Uuid::now_v7();
    queue.enqueue(ping(1).tenant(tenant)).await.unwrap();
    let act = begun(&queue, tenant).await;
    assert_eq!(begun(&queue, tenant).await, act);
    let unfinished = queue.erasings(queue.now()).await.unwrap();
    assert_eq!(unfinished.len(), 1);
    assert_eq!((unfinished[0].0, unfinished[0].1.ended_at), (tenant, None));
    queue.stop_tenant(act, tenant, WHY).await.unwrap();
    queue.erase_tenant(act, tenant, false).await.unwrap();
    let ended = queue.end_erasing(act).await.unwrap();
    let lately = queue.now() - Duration::from_secs(1);
    assert_eq!(queue.erasings(queue.now()).await.unwrap(), []);
    // Whoever looks once more does not make it younger.
    clock.advance(Duration::from_hours(1));
    assert_eq!(queue.end_erasing(act).await.unwrap(), ended);
    assert_eq!(queue.erasings(lately).await.unwrap().len(), 1);
    assert_eq!(all(&queue).await.len(), 1);
    let refused = queue.transaction(move |tx| {
        Box::pin(async move {
            let stranger = queue::Actor::tenant(tenant);
            tx.begin_erasing(&stranger, tenant).await
        })
    });
    assert!(matches!(refused.await, Err(QueueError::OperatorsOnly)));
}
