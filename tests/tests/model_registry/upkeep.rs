//! What is kept of models that are looked after: rows once a key, the newest within bounds, outcomes that hold,
//! shadows beside them, and nothing after upkeep is off or the artist erased.

use std::time::Duration;

use db::{DbError, Document, Time};
use models::registry;
use models::trainings;
use models::upkeep::{
    self, CheckKind, CheckRow, Decided, Kept, ObservationRow, RetrainingRow, Seen, Told, UpkeepRow,
};
use models::{ArtistId, CheckId, JobId, ScheduleId, UpkeepId};
use serde_json::json;

use crate::erasing::asked;
use crate::shelf::{MODEL, NOW, Shelf, name};

on_both! {
    turning_it_on_again_changes_its_figures_and_not_its_name
    a_key_is_kept_once_and_an_outcome_that_is_told_last_holds
    the_oldest_rows_go_first
    shadows_are_kept_beside_and_go_with_their_rows
    a_job_has_one_check
    what_a_retraining_saw_is_found_by_its_version
    turning_it_off_leaves_the_record_and_no_row
    erasing_an_artist_leaves_nothing_of_upkeep
}

const HOUR: Duration = Duration::from_hours(1);
const ALL: Kept = Kept {
    most: 1000,
    since: Time::from_micros(0),
};

fn row(artist: ArtistId) -> UpkeepRow {
    UpkeepRow {
        id: UpkeepId::new(),
        artist_id: artist,
        model: MODEL.to_owned(),
        policy: Document(json!({ "psi": 0.25, "most_rows": 1000, "keep_days": 30 })),
        schedule_id: ScheduleId::new(),
        created_at: NOW,
        updated_at: NOW,
    }
}

async fn on(shelf: &Shelf, artist: ArtistId) -> UpkeepRow {
    let row = row(artist);
    upkeep::put(&mut *shelf.db().await, &row).await.unwrap()
}

async fn keep(
    shelf: &Shelf,
    artist: ArtistId,
    keys: &[&str],
    kept: Kept,
    at: Time,
) -> Result<usize, DbError> {
    let seen = keys.iter().map(|key| Seen {
        key: (*key).to_owned(),
        cells: Document(json!({ "plan": "free", "age": null })),
        probability: 0.25,
    });
    let seen = seen.collect();
    let keep = shelf.pool.tx(move |db| {
        Box::pin(async move { upkeep::keep(db, artist, MODEL, &name(1), seen, kept, at).await })
    });
    keep.await
}

async fn tell(shelf: &Shelf, artist: ArtistId, told: &[(&str, bool)], at: Time) -> Vec<usize> {
    let told: Vec<Told> = told
        .iter()
        .map(|(key, left)| Told {
            key: (*key).to_owned(),
            left: *left,
        })
        .collect();
    let tell = shelf
        .pool
        .tx(move |db| Box::pin(async move { upkeep::tell(db, artist, MODEL, &told, at).await }));
    tell.await.unwrap()
}

async fn observed(shelf: &Shelf, artist: ArtistId) -> Vec<ObservationRow> {
    let mut db = shelf.db().await;
    upkeep::observed(&mut db, artist, MODEL).await.unwrap()
}

async fn keys(shelf: &Shelf, artist: ArtistId) -> Vec<String> {
    let rows = observed(shelf, artist).await;
    rows.into_iter().map(|row| row.key).collect()
}

async fn turning_it_on_again_changes_its_figures_and_not_its_name(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let first = on(&shelf, one).await;
    let again = UpkeepRow {
        policy: Document(json!({ "psi": 0.5 })),
        updated_at: NOW + HOUR,
        ..row(one)
    };
    let put = upkeep::put(&mut *shelf.db().await, &again).await.unwrap();
    assert_eq!((put.id, put.created_at), (first.id, NOW));
    assert_eq!(
        (&put.policy, put.schedule_id),
        (&again.policy, again.schedule_id)
    );
    let mut db = shelf.db().await;
    assert!(upkeep::find(&mut db, other, MODEL).await.unwrap().is_none());
    assert!(
        upkeep::find_by_id(&mut db, other, first.id)
            .await
            .unwrap()
            .is_none()
    );
    assert!(!upkeep::hold(&mut db, other, first.id, NOW).await.unwrap());
    assert!(upkeep::hold(&mut db, one, first.id, NOW).await.unwrap());
}

async fn a_key_is_kept_once_and_an_outcome_that_is_told_last_holds(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    // A model that is not looked after keeps nothing.
    let refused = keep(&shelf, one, &["a"], ALL, NOW).await.unwrap_err();
    assert!(matches!(refused, DbError::Constraint { .. }), "{refused:?}");
    on(&shelf, one).await;
    on(&shelf, other).await;
    assert_eq!(keep(&shelf, one, &["a", "b"], ALL, NOW).await.unwrap(), 2);
    assert_eq!(
        keep(&shelf, one, &["b", "c"], ALL, NOW + HOUR)
            .await
            .unwrap(),
        1
    );
    assert_eq!(keep(&shelf, other, &["a"], ALL, NOW).await.unwrap(), 1);
    assert_eq!(keys(&shelf, one).await, ["c", "b", "a"]);
    let rows = observed(&shelf, one).await;
    assert_eq!((rows[1].observed_at, rows[1].outcome), (NOW, None));
    assert_eq!(rows[1].cells.0, json!({ "plan": "free", "age": null }));

    let later = NOW + HOUR;
    assert_eq!(
        tell(
            &shelf,
            one,
            &[("a", true), ("x", true), ("c", false)],
            later
        )
        .await,
        [1]
    );
    assert_eq!(
        tell(&shelf, one, &[("a", true)], later + HOUR).await,
        [0; 0]
    );
    assert_eq!(
        tell(&shelf, one, &[("c", true)], later + HOUR).await,
        [0; 0]
    );
    let told = |row: &ObservationRow| (row.key.clone(), row.outcome, row.outcome_at);
    let rows: Vec<_> = observed(&shelf, one).await.iter().map(told).collect();
    assert_eq!(rows[0], ("c".to_owned(), Some(true), Some(later + HOUR)));
    assert_eq!(rows[1], ("b".to_owned(), None, None));
    assert_eq!(
        rows[2],
        ("a".to_owned(), Some(true), Some(later)),
        "told again, nothing changed"
    );
    assert_eq!(observed(&shelf, other).await[0].outcome, None);
    let mut db = shelf.db().await;
    assert_eq!(upkeep::counts(&mut db, one, MODEL).await.unwrap(), (3, 2));
}

async fn the_oldest_rows_go_first(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    on(&shelf, artist).await;
    let kept = Kept { most: 3, ..ALL };
    for (keys, hours) in [(["a", "b"], 0), (["c", "d"], 1), (["e", "f"], 2)] {
        keep(&shelf, artist, &keys, kept, NOW + HOUR * hours)
            .await
            .unwrap();
    }
    assert_eq!(keys(&shelf, artist).await, ["f", "e", "d"]);
    let kept = Kept {
        most: 3,
        since: NOW + HOUR * 2,
    };
    keep(&shelf, artist, &["g"], kept, NOW + HOUR * 3)
        .await
        .unwrap();
    assert_eq!(keys(&shelf, artist).await, ["g", "f", "e"]);
    // What was let go and is told of is not known.
    assert_eq!(
        tell(&shelf, artist, &[("a", true), ("g", true)], NOW).await,
        [0]
    );
}

async fn shadows_are_kept_beside_and_go_with_their_rows(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    on(&shelf, artist).await;
    keep(&shelf, artist, &["a", "b"], ALL, NOW).await.unwrap();
    for probability in [0.7, 0.9] {
        // What is kept stays; a row that has gone is left out.
        let said = [("a".to_owned(), probability), ("x".to_owned(), 0.1)];
        let add = shelf.pool.tx(move |db| {
            Box::pin(
                async move { upkeep::add_shadows(db, artist, MODEL, &name(2), &said, NOW).await },
            )
        });
        add.await.unwrap();
    }
    let shadows = async |version| {
        let mut db = shelf.db().await;
        upkeep::shadows(&mut db, artist, MODEL, &name(version))
            .await
            .unwrap()
    };
    assert_eq!(shadows(2).await, [("a".to_owned(), 0.7)].into());
    assert!(shadows(1).await.is_empty());
    for (but_of, left) in [(name(2), 1), (name(3), 0)] {
        let mut db = shelf.db().await;
        let forgotten = upkeep::forget_shadows(&mut db, artist, MODEL, &[but_of]).await;
        forgotten.unwrap();
        drop(db);
        assert_eq!(shadows(2).await.len(), left);
    }
    let said = [("a".to_owned(), 0.7)];
    let mut db = shelf.db().await;
    let added = upkeep::add_shadows(&mut db, artist, MODEL, &name(2), &said, NOW).await;
    added.unwrap();
    drop(db);
    let kept = Kept { most: 1, ..ALL };
    keep(&shelf, artist, &["c"], kept, NOW + HOUR)
        .await
        .unwrap();
    assert_eq!(keys(&shelf, artist).await, ["c"]);
    assert!(shadows(2).await.is_empty());
}

fn check(artist: ArtistId, job: JobId, compared: i64) -> CheckRow {
    CheckRow {
        id: CheckId::new(),
        artist_id: artist,
        model: MODEL.to_owned(),
        job_id: job,
        kind: CheckKind::Judgement,
        decision: Decided::Wait,
        because: "undecided".to_owned(),
        champion: name(1),
        other: Some(name(2)),
        compared,
        evidence: Document(json!({ "compared": null })),
        next_job_id: None,
        created_at: NOW,
    }
}

async fn a_job_has_one_check(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let job = JobId::new();
    let first = check(one, job, 300);
    let mut db = shelf.db().await;
    upkeep::add_check(&mut db, &first).await.unwrap();
    let again = upkeep::add_check(&mut db, &check(one, job, 300)).await;
    assert!(matches!(again.unwrap_err(), DbError::Constraint { .. }));
    upkeep::add_check(&mut db, &check(one, JobId::new(), 0))
        .await
        .unwrap();
    let found = upkeep::check_of_job(&mut db, one, job).await.unwrap();
    assert_eq!(found.as_ref(), Some(&first));
    assert!(
        upkeep::check_of_job(&mut db, other, job)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        upkeep::check(&mut db, other, first.id)
            .await
            .unwrap()
            .is_none()
    );
    let listed = upkeep::checks(&mut db, one, MODEL, None, 10).await.unwrap();
    assert_eq!(listed.len(), 2);
    let older = upkeep::checks(&mut db, one, MODEL, Some(listed[0].id), 10)
        .await
        .unwrap();
    assert_eq!(older, std::slice::from_ref(&first));
    // The last look is the last at which something was compared.
    let mut look = async |versions: (&str, &str), since| {
        let kind = CheckKind::Judgement;
        let look = upkeep::last_look(&mut db, one, MODEL, kind, versions, since).await;
        look.unwrap()
    };
    assert_eq!(look((&name(1), &name(2)), NOW).await, Some(300));
    assert_eq!(look((&name(1), &name(3)), NOW).await, None);
    assert_eq!(look((&name(1), &name(2)), NOW + HOUR).await, None);
}

/// A retraining of the artist's that is asked for, on a dataset of its own.
pub async fn retraining(shelf: &Shelf, artist: ArtistId) -> RetrainingRow {
    let training = asked(shelf, artist).await;
    let row = RetrainingRow {
        training_id: training.id,
        artist_id: artist,
        model: MODEL.to_owned(),
        job_id: JobId::new(),
        base_dataset_id: training.dataset_id,
        held_back: Some(0.3),
        created_at: NOW,
    };
    let mut db = shelf.db().await;
    upkeep::add_retraining(&mut db, &row).await.unwrap();
    row
}

async fn what_a_retraining_saw_is_found_by_its_version(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let row = retraining(&shelf, one).await;
    shelf.put(one, 1).await;
    let mut db = shelf.db().await;
    assert!(
        upkeep::training_of(&mut db, one, MODEL, &name(1))
            .await
            .unwrap()
            .is_none()
    );
    let done = trainings::complete(&mut db, one, row.training_id, &name(1), NOW).await;
    assert!(done.unwrap());
    let found = upkeep::training_of(&mut db, one, MODEL, &name(1))
        .await
        .unwrap();
    assert_eq!(found.unwrap().id, row.training_id);
    assert!(
        upkeep::training_of(&mut db, other, MODEL, &name(1))
            .await
            .unwrap()
            .is_none()
    );
    let found = upkeep::retraining_of(&mut db, one, row.training_id)
        .await
        .unwrap();
    assert_eq!(found.as_ref(), Some(&row));
    assert!(
        upkeep::retraining_of(&mut db, other, row.training_id)
            .await
            .unwrap()
            .is_none()
    );
    let last = upkeep::last_retraining(&mut db, one, MODEL).await.unwrap();
    assert_eq!(last, Some(row));
}

async fn turning_it_off_leaves_the_record_and_no_row(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    let row = on(&shelf, artist).await;
    keep(&shelf, artist, &["a"], ALL, NOW).await.unwrap();
    let mut db = shelf.db().await;
    let check = check(artist, JobId::new(), 1);
    upkeep::add_check(&mut db, &check).await.unwrap();
    let removed = upkeep::remove(&mut db, artist, MODEL).await.unwrap();
    assert_eq!(removed, Some(row.schedule_id));
    assert_eq!(upkeep::remove(&mut db, artist, MODEL).await.unwrap(), None);
    assert!(!upkeep::hold(&mut db, artist, row.id, NOW).await.unwrap());
    let checks = upkeep::checks(&mut db, artist, MODEL, None, 10)
        .await
        .unwrap();
    assert_eq!(checks, [check]);
    drop(db);
    assert!(keys(&shelf, artist).await.is_empty());
}

async fn erasing_an_artist_leaves_nothing_of_upkeep(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    let mut schedules = Vec::new();
    for artist in [one, other] {
        schedules.push(on(&shelf, artist).await.schedule_id);
        keep(&shelf, artist, &["a"], ALL, NOW).await.unwrap();
        let said = [("a".to_owned(), 0.5)];
        let mut db = shelf.db().await;
        upkeep::add_shadows(&mut db, artist, MODEL, &name(2), &said, NOW)
            .await
            .unwrap();
        upkeep::add_check(&mut db, &check(artist, JobId::new(), 1))
            .await
            .unwrap();
        drop(db);
        retraining(&shelf, artist).await;
    }
    let left = async |artist| {
        let mut db = shelf.db().await;
        let db = &mut db;
        let shadows = upkeep::shadows(db, artist, MODEL, &name(2)).await;
        let checks = upkeep::checks(db, artist, MODEL, None, 10).await;
        let retraining = upkeep::last_retraining(db, artist, MODEL).await;
        [
            upkeep::observed(db, artist, MODEL).await.unwrap().len(),
            upkeep::find(db, artist, MODEL).await.unwrap().iter().len(),
            shadows.unwrap().len(),
            checks.unwrap().len(),
            retraining.unwrap().iter().len(),
        ]
    };
    let erased = shelf
        .pool
        .tx(move |db| Box::pin(registry::erase_artist(db, one)))
        .await
        .unwrap();
    assert_eq!(erased.schedules, schedules[..1]);
    assert_eq!(left(one).await, [0; 5]);
    assert_eq!(left(other).await, [1; 5]);
}
