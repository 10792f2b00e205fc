//! Searching: by what failed, when, whose, and what is in the payload.

use std::time::Duration;

use queue::{Backoff, QueueError, Scope, State};
use queue::{Between, Contract, Fault, Filter, JobId, NewJob, Outcome, Page, PayloadField, Queue};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::arena::{Arena, claim_one, enqueue, ping, worker};

on_both! {
    a_payload_is_searched_by_its_fields,
    jobs_are_searched_by_error_code_and_times,
    a_tenant_is_searched_within_the_scope,
    a_search_goes_on_where_it_stopped,
    too_many_fields_are_refused,
}

/// A job of any payload.
#[derive(Serialize, serde::Deserialize)]
#[serde(transparent)]
struct Free(Value);

impl Contract for Free {
    const KIND: &'static str = "free";
    const QUEUE: &'static str = "pings";
    const MAX_ATTEMPTS: i32 = 1;
    const TIMEOUT: Duration = Duration::from_mins(1);
    const BACKOFF: Backoff = Backoff::exponential(Duration::from_secs(1), Duration::from_secs(1));
    type Output = ();
}

async fn found(queue: &Queue, filter: &Filter) -> Vec<JobId> {
    let found = queue.search(Scope::Operator, filter, Page::default()).await;
    found.unwrap().jobs.into_iter().map(|job| job.id).collect()
}

async fn a_payload_is_searched_by_its_fields(arena: Arena) {
    let queue = arena.queue().await;
    let add = async |payload: Value| {
        let job = NewJob::of(&Free(payload)).unwrap();
        queue.enqueue(job).await.unwrap().id
    };
    let one =
        add(json!({ "id": 7, "loud": true, "at": { "name": "a'b" }, "of": ["x", "y"] })).await;
    let two = add(json!({ "id": "8", "loud": false, "at": null })).await;
    let three = add(json!("bare")).await;
    let by = async |fields: &[&str]| {
        let fields = fields
            .iter()
            .map(|field| PayloadField::parse(field).unwrap());
        let filter = Filter {
            payload: fields.collect(),
            ..Filter::default()
        };
        found(&queue, &filter).await
    };
    assert_eq!(by(&["id=7"]).await, [one]);
    assert_eq!(by(&["payload.id=8"]).await, [two]);
    assert_eq!(by(&["loud=true"]).await, [one]);
    assert_eq!(by(&["loud=false"]).await, [two]);
    assert_eq!(by(&["loud=1"]).await, []);
    assert_eq!(by(&["at.name=a'b"]).await, [one]);
    assert_eq!(by(&["of.1=y"]).await, [one]);
    assert_eq!(by(&["of.0=y"]).await, []);
    assert_eq!(by(&["id=7", "loud=true"]).await, [one]);
    assert_eq!(by(&["id=7", "loud=false"]).await, []);
    assert_eq!(by(&["at=null"]).await, []);
    assert_eq!(by(&["no.such.thing=1"]).await, []);
    assert_eq!(found(&queue, &Filter::default()).await, [three, two, one]);
}

async fn jobs_are_searched_by_error_code_and_times(arena: Arena) {
    // By the real clock, as ids are.
    let queue = arena.queue().await;
    let worker = worker(&queue).await;
    let first = enqueue(&queue, 1).await;
    let claimed = claim_one(&worker).await;
    let between = queue.now();
    let second = enqueue(&queue, 2).await;
    let dead = Outcome::Dead(Fault::permanent("no_peer", "gone"));
    worker.finish(&[(claimed, dead)]).await.unwrap();
    let (from, until) = (
        Between {
            from: Some(between),
            until: None,
        },
        Between {
            from: None,
            until: Some(between),
        },
    );
    let filter = Filter::default;
    let code = |code: &str| Filter {
        error_code: Some(code.into()),
        ..filter()
    };
    assert_eq!(found(&queue, &code("no_peer")).await, [first]);
    assert_eq!(found(&queue, &code("peer")).await, []);
    assert_eq!(
        found(
            &queue,
            &Filter {
                created: from,
                ..filter()
            }
        )
        .await,
        [second]
    );
    assert_eq!(
        found(
            &queue,
            &Filter {
                created: until,
                ..filter()
            }
        )
        .await,
        [first]
    );
    assert_eq!(
        found(
            &queue,
            &Filter {
                finished: from,
                ..filter()
            }
        )
        .await,
        [first]
    );
    assert_eq!(
        found(
            &queue,
            &Filter {
                finished: until,
                ..filter()
            }
        )
        .await,
        []
    );
    let dead = Filter {
        state: Some(State::Dead),
        ..code("no_peer")
    };
    assert_eq!(found(&queue, &dead).await, [first]);
}

async fn a_tenant_is_searched_within_the_scope(arena: Arena) {
    let queue = arena.queue().await;
    let (a, b) = (Uuid::now_v7(), Uuid::now_v7());
    let id = queue.enqueue(ping(1).tenant(a)).await.unwrap().id;
    queue.enqueue(ping(1).tenant(b)).await.unwrap();
    let of = |tenant| Filter {
        tenant_id: Some(tenant),
        ..Filter::default()
    };
    assert_eq!(found(&queue, &of(a)).await, [id]);
    let foreign = queue
        .search(Scope::Tenant(b), &of(a), Page::default())
        .await;
    assert_eq!(foreign.unwrap().jobs, []);
}

async fn a_search_goes_on_where_it_stopped(arena: Arena) {
    let queue = arena.queue().await;
    let mut ids = Vec::new();
    for number in 0..9 {
        ids.push(enqueue(&queue, number % 2).await);
    }
    let filter = Filter {
        payload: vec![PayloadField::parse("number=0").unwrap()],
        ..Filter::default()
    };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = Page { after, limit: 2 };
        let found = queue.search(Scope::Operator, &filter, page).await.unwrap();
        seen.extend(found.jobs.into_iter().map(|job| job.id));
        after = found.next;
        if after.is_none() {
            break;
        }
    }
    let even: Vec<_> = ids.into_iter().step_by(2).rev().collect();
    assert_eq!(seen, even);
}

async fn too_many_fields_are_refused(arena: Arena) {
    let queue = arena.queue().await;
    let field = PayloadField::parse("a=1").unwrap();
    let filter = Filter {
        payload: vec![field; 9],
        ..Filter::default()
    };
    let refused = queue
        .search(Scope::Operator, &filter, Page::default())
        .await;
    assert!(matches!(refused, Err(QueueError::Invalid { .. })));
}
