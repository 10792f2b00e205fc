//! Versions never change, and each artist has its own.

use models::registry::{self, Act, Alias, Task};
use models::upkeep::{CheckKind, Decided};

use crate::shelf::{MODEL, Shelf, name, version, wish};

on_both! {
    a_version_is_put_once_and_stays_as_it_was
    the_newest_come_first_and_only_the_artists_own
    the_words_of_the_code_are_those_of_the_checks
}

async fn a_version_is_put_once_and_stays_as_it_was(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    let row = version(artist, 1);
    let mut db = shelf.db().await;
    assert!(registry::insert_version(&mut db, &row).await.unwrap());
    let mut again = version(artist, 1);
    again.size_bytes = 99;
    assert!(!registry::insert_version(&mut db, &again).await.unwrap());
    let found = registry::version(&mut db, artist, MODEL, &row.version).await;
    assert_eq!(found.unwrap(), Some(row.clone()));
    let keys = [row.object_key.as_str(), again.object_key.as_str()];
    let named = registry::named(&mut db, &keys).await.unwrap();
    assert_eq!(named, [row.object_key]);
}

async fn the_newest_come_first_and_only_the_artists_own(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    for number in [2, 3, 1] {
        shelf.put(one, number).await;
    }
    // The same name of a version under two artists is two versions.
    shelf.put(other, 3).await;
    let mut db = shelf.db().await;
    let found = registry::versions(&mut db, one, MODEL, 2).await.unwrap();
    let names: Vec<_> = found.into_iter().map(|row| row.version).collect();
    assert_eq!(names, [name(3), name(2)]);
    let found = registry::version(&mut db, other, MODEL, &name(2)).await;
    assert_eq!(found.unwrap(), None);
    let found = registry::version(&mut db, one, "another", &name(2)).await;
    assert_eq!(found.unwrap(), None);
    assert!(registry::aliases(&mut db, one).await.unwrap().is_empty());
    drop(db);
    shelf
        .move_alias(wish(one, Alias::Champion, None, 2))
        .await
        .unwrap();
    let mut db = shelf.db().await;
    let found = registry::aliases_of(&mut db, one, MODEL).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].alias, found[0].task),
        (Alias::Champion, Task::Churn)
    );
    assert!(registry::aliases(&mut db, other).await.unwrap().is_empty());
}

async fn the_words_of_the_code_are_those_of_the_checks(shelf: Shelf) {
    let folder = match shelf.pool.kind() {
        db::Kind::Postgres => "postgres",
        db::Kind::Sqlite => "sqlite",
    };
    let root = support::repository::root();
    let defined = |change: &str| {
        let path = root.join(format!("migrations/{folder}/2026-11-{change}/up.sql"));
        std::fs::read_to_string(path).unwrap()
    };
    let definition: String = [
        "28-000100_models",
        "28-000300_upkeep",
        "29-000100_one_trainings",
    ]
    .map(defined)
    .concat();
    let words = |constraint: &str| -> Vec<String> {
        let (_, rest) = definition.split_once(constraint).unwrap();
        let (_, rest) = rest.split_once("IN (").unwrap();
        let (list, _) = rest.split_once(')').unwrap();
        let words = list.split(',').map(|word| word.trim().trim_matches('\''));
        words.map(ToOwned::to_owned).collect()
    };
    let own = |words: Vec<&str>| words.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>();
    let aliases = own(Alias::ALL.iter().map(|it| it.as_str()).collect());
    assert_eq!(words("model_aliases_alias"), aliases);
    assert_eq!(words("model_moves_alias"), aliases);
    let acts = own(Act::ALL.iter().map(|it| it.as_str()).collect());
    assert_eq!(words("model_moves_act"), acts);
    let kinds = own(CheckKind::ALL.iter().map(|it| it.as_str()).collect());
    assert_eq!(words("model_checks_kind"), kinds);
    let decided = own(Decided::ALL.iter().map(|it| it.as_str()).collect());
    assert_eq!(words("model_checks_decision"), decided);
    let tasks = own(Task::ALL.iter().map(|it| it.as_str()).collect());
    assert_eq!(words("model_versions_task"), tasks);
    assert_eq!(words("model_trainings_task"), tasks);
}
