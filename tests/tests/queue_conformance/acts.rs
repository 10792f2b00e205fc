//! Acts: what people do is written down with its effect, and nothing else is.

use std::time::Duration;

use queue::{
    Act, ActFilter, Actor, Cancel, Flow, JobId, Page, Queue, QueueError, Retried, Scope, State,
};
use uuid::Uuid;

use crate::arena::{Arena, claim_one, enqueue, job, nina, noon, ping, worker};
use crate::schedules::put;
use crate::ticks::schedule;

on_both! {
    an_act_says_who_did_what_to_which_job,
    what_changes_nothing_is_no_act,
    a_tenants_own_cancel_is_an_act_of_the_tenant,
    acts_on_schedules_and_flows_are_written_down,
    acts_are_listed_newest_first_and_narrowed,
    old_acts_are_forgotten_and_young_ones_stay,
}

pub async fn all(queue: &Queue) -> Vec<Act> {
    let acts = queue.acts(&ActFilter::default(), Page::default()).await;
    acts.unwrap()
}

fn said(act: &Act) -> (&str, &str, &str, &str) {
    (&act.actor, &act.act, &act.target_kind, &act.target)
}

async fn an_act_says_who_did_what_to_which_job(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let id = enqueue(&queue, 1).await;
    queue.cancel(nina(), id, "a mistake").await.unwrap();
    queue.retry(Actor::operator("otto"), id).await.unwrap();
    let acts = all(&queue).await;
    let text = id.to_string();
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert_eq!(said(&acts[0]), ("otto", "retry_job", "job", &*text));
    assert_eq!(said(&acts[1]), ("nina", "cancel_job", "job", &*text));
    assert_eq!(acts[1].at, queue.now());
    assert_eq!(acts[1].tenant_id, None);
    assert_eq!(acts[1].details["why"], "a mistake");
    assert_eq!(acts[1].details["ran"], false);
    let worker = worker(&queue).await;
    let _held = claim_one(&worker).await;
    let asked = queue.cancel(nina(), id, "again").await.unwrap();
    assert_eq!(asked, Cancel::Requested);
    assert_eq!(all(&queue).await[0].details["ran"], true);
}

async fn what_changes_nothing_is_no_act(arena: Arena) {
    let queue = arena.queue().await;
    let id = enqueue(&queue, 1).await;
    let refused = queue.retry(nina(), id).await.unwrap();
    assert_eq!(refused, Retried::NotFailed);
    let unknown = queue.cancel(nina(), JobId::new(), "").await.unwrap();
    assert_eq!(unknown, Cancel::NotFound);
    let stranger = Actor::tenant(Uuid::now_v7());
    let foreign = queue.cancel(stranger, id, "").await.unwrap();
    assert_eq!(foreign, Cancel::NotFound);
    queue.resume_queue(nina(), "pings").await.unwrap();
    queue.limit_queue(nina(), "misspelt", None).await.unwrap();
    let queues = queue.queues().await.unwrap().queues;
    assert!(queues.iter().all(|view| view.name == "pings"), "{queues:?}");
    assert_eq!(all(&queue).await, []);
    queue.cancel(nina(), id, "").await.unwrap();
    queue.cancel(nina(), id, "").await.unwrap();
    assert_eq!(all(&queue).await.len(), 1);
}

async fn a_tenants_own_cancel_is_an_act_of_the_tenant(arena: Arena) {
    let queue = arena.queue().await;
    let tenant = Uuid::now_v7();
    let id = queue.enqueue(ping(1).tenant(tenant)).await.unwrap().id;
    queue.cancel(Scope::Tenant(tenant), id, "").await.unwrap();
    let acts = all(&queue).await;
    assert_eq!(acts[0].actor, tenant.to_string());
    assert_eq!(acts[0].tenant_id, Some(tenant));
    let refused = queue.pause_queue(Actor::tenant(tenant), "pings").await;
    assert!(matches!(refused, Err(QueueError::OperatorsOnly)));
}

async fn acts_on_schedules_and_flows_are_written_down(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let id = put(&queue, schedule("report", "0 * * * *")).await.id;
    queue.pause_schedule(nina(), id).await.unwrap();
    queue.pause_schedule(nina(), id).await.unwrap();
    queue.resume_schedule(nina(), id).await.unwrap();
    let job = queue.trigger_schedule(nina(), id).await.unwrap().unwrap();
    assert!(queue.delete_schedule(nina(), id).await.unwrap());
    assert!(!queue.delete_schedule(nina(), id).await.unwrap());
    let mut flow = Flow::new();
    flow.add(ping(1));
    let flow = queue.enqueue_flow(flow).await.unwrap().id;
    queue.cancel_flow(nina(), flow, "no").await.unwrap();
    queue.cancel_flow(nina(), flow, "no").await.unwrap();
    let acts = all(&queue).await;
    let words: Vec<_> = acts.iter().map(|act| act.act.as_str()).collect();
    assert_eq!(
        words,
        [
            "cancel_flow",
            "delete_schedule",
            "trigger_schedule",
            "resume_schedule",
            "pause_schedule"
        ]
    );
    assert_eq!(acts[2].details["job"], job.to_string());
    assert_eq!(
        (&*acts[0].target, &acts[0].details["cancelled"]),
        (&*flow.to_string(), &1.into())
    );
}

async fn acts_are_listed_newest_first_and_narrowed(arena: Arena) {
    let queue = arena.queue().await;
    for queue_name in ["a", "b", "c"] {
        queue.pause_queue(nina(), queue_name).await.unwrap();
    }
    queue
        .resume_queue(Actor::operator("otto"), "a")
        .await
        .unwrap();
    let list = async |filter: ActFilter| {
        let acts = queue.acts(&filter, Page::default()).await.unwrap();
        acts.into_iter().map(|act| act.target).collect::<Vec<_>>()
    };
    let none = ActFilter::default;
    assert_eq!(list(none()).await, ["a", "c", "b", "a"]);
    let of = |actor: &str| ActFilter {
        actor: Some(actor.into()),
        ..none()
    };
    assert_eq!(list(of("otto")).await, ["a"]);
    let act = ActFilter {
        act: Some("pause_queue".into()),
        ..none()
    };
    assert_eq!(list(act).await, ["c", "b", "a"]);
    let target = ActFilter {
        target: Some("a".into()),
        ..none()
    };
    assert_eq!(list(target).await.len(), 2);
    let first = all(&queue).await;
    let page = Page {
        after: Some(first[1].id),
        limit: 1,
    };
    let second = queue.acts(&none(), page).await.unwrap();
    assert_eq!(second, first[2..3]);
}

async fn old_acts_are_forgotten_and_young_ones_stay(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let id = enqueue(&queue, 1).await;
    queue.cancel(nina(), id, "").await.unwrap();
    clock.advance(Duration::from_hours(2));
    queue.retry(nina(), id).await.unwrap();
    let between = queue.now() - Duration::from_hours(1);
    assert_eq!(queue.prune_acts(between, 10).await.unwrap(), 1);
    assert_eq!(queue.prune_acts(between, 10).await.unwrap(), 0);
    assert_eq!(all(&queue).await[0].act, "retry_job");
    assert_eq!(job(&queue, id).await.state, State::Waiting);
}
