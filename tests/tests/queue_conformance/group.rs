//! Enqueues in groups: many at once, and single ones that share commits.

use std::collections::HashSet;
use std::time::Duration;

use queue::{JobId, QueueError, State};
use serde_json::json;

use crate::arena::{Arena, job, noon, ping};

on_both! {
    concurrent_single_enqueues_each_get_their_own_job,
    a_refused_job_takes_no_other_of_its_group_with_it,
    enqueue_many_stores_all_or_none,
    a_unique_window_outlives_its_job,
    a_unique_window_lasts_as_long_as_it_says,
    a_taken_window_leaves_nothing_of_the_second_job,
}

async fn concurrent_single_enqueues_each_get_their_own_job(arena: Arena) {
    let queue = arena.queue().await;
    let callers = (0..200).map(|number| {
        let queue = queue.clone();
        tokio::spawn(async move { queue.enqueue(ping(number)).await.unwrap().id })
    });
    let mut ids = HashSet::new();
    for (number, caller) in callers.enumerate() {
        let id = caller.await.unwrap();
        assert_eq!(job(&queue, id).await.payload, json!({ "number": number }));
        ids.insert(id);
    }
    assert_eq!(ids.len(), 200);
}

async fn a_refused_job_takes_no_other_of_its_group_with_it(arena: Arena) {
    let queue = arena.queue().await;
    let taken = queue.enqueue(ping(0)).await.unwrap().id;
    let calls = (0..50).map(|number| {
        let new = ping(number);
        let new = if number == 7 { new.id(taken) } else { new };
        queue.enqueue(new)
    });
    let answers = futures::future::join_all(calls).await;
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer.is_err(), number == 7, "{number}: {answer:?}");
    }
    let Err(QueueError::Db(refused)) = &answers[7] else {
        panic!("{:?}", answers[7])
    };
    assert_eq!(refused.code(), "constraint");
}

async fn enqueue_many_stores_all_or_none(arena: Arena) {
    let queue = arena.queue().await;
    let id = JobId::new();
    let twice = [ping(1), ping(2).id(id), ping(3).unique("k"), ping(4).id(id)];
    queue.enqueue_many(twice).await.unwrap_err();
    assert!(queue.depths().await.unwrap().is_empty());
    let many = [ping(1), ping(2).unique("k"), ping(3).unique("k"), ping(4)];
    let answers = queue.enqueue_many(many).await.unwrap();
    let existing: Vec<_> = answers.iter().map(|answer| answer.existing).collect();
    assert_eq!(existing, [false, false, true, false]);
    assert_eq!(answers[1].id, answers[2].id);
    assert_eq!(job(&queue, answers[3].id).await.state, State::Waiting);
}

const HOUR: Duration = Duration::from_hours(1);

async fn a_unique_window_outlives_its_job(arena: Arena) {
    let queue = arena.queue_at(&noon()).await;
    let first = queue.enqueue(ping(1).unique_for("k", HOUR)).await.unwrap();
    let scope = queue::Scope::Operator;
    queue.cancel(scope, first.id, "it may go").await.unwrap();
    let second = queue.enqueue(ping(2).unique_for("k", HOUR)).await.unwrap();
    assert!(second.existing);
    assert_eq!(second.id, first.id);
    // Another key, and the same key of another tenant, are other keys.
    let other = ping(3).tenant(uuid::Uuid::from_u128(7));
    for job in [
        ping(3).unique_for("other", HOUR),
        other.unique_for("k", HOUR),
    ] {
        assert!(!queue.enqueue(job).await.unwrap().existing);
    }
}

async fn a_unique_window_lasts_as_long_as_it_says(arena: Arena) {
    let clock = noon();
    let queue = arena.queue_at(&clock).await;
    let first = queue.enqueue(ping(1).unique_for("k", HOUR)).await.unwrap();
    clock.advance(HOUR);
    // The window has passed, and the first is still unfinished.
    let second = queue.enqueue(ping(2).unique_for("k", HOUR)).await.unwrap();
    assert_eq!((second.existing, second.id), (true, first.id));
    let scope = queue::Scope::Operator;
    queue.cancel(scope, first.id, "it may go").await.unwrap();
    let third = queue.enqueue(ping(3).unique_for("k", HOUR)).await.unwrap();
    assert!(!third.existing);
}

async fn a_taken_window_leaves_nothing_of_the_second_job(arena: Arena) {
    let queue = arena.queue().await;
    let first = queue.enqueue(ping(1).unique_for("k", HOUR)).await.unwrap();
    let scope = queue::Scope::Operator;
    queue.cancel(scope, first.id, "it may go").await.unwrap();
    let again = (0..20).map(|number| queue.enqueue(ping(number).unique_for("k", HOUR)));
    for answer in futures::future::join_all(again).await {
        assert!(answer.unwrap().existing);
    }
    assert!(queue.depths().await.unwrap().is_empty());
}
