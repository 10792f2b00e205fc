//! Aliases move by compare-and-swap, each move with its record.

use models::registry::{self, Act, Alias, Move};

use crate::shelf::{MODEL, Shelf, name, wish};

on_both! {
    an_alias_moves_only_from_where_the_mover_thinks_it_is
    no_move_is_without_its_record
    another_artists_version_can_not_be_pointed_at
    of_movers_at_once_one_wins
    rolling_back_goes_back_along_the_promotions
    a_snapshot_tells_aliases_and_moves_of_one_moment
}

async fn an_alias_moves_only_from_where_the_mover_thinks_it_is(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    for number in 1..=3 {
        shelf.put(artist, number).await;
    }
    let go = async |from, to| {
        let moved = shelf
            .move_alias(wish(artist, Alias::Champion, from, to))
            .await;
        moved.unwrap().is_some()
    };
    assert!(!go(Some(1), 2).await, "nobody has it yet");
    assert!(go(None, 1).await);
    assert!(!go(None, 2).await, "somebody has it");
    assert!(!go(Some(3), 2).await, "another has it");
    assert!(go(Some(1), 2).await);
    assert_eq!(shelf.holder(artist, Alias::Champion).await, Some(name(2)));
    assert_eq!(shelf.holder(artist, Alias::Challenger).await, None);
    let history = shelf.history(artist).await;
    let told: Vec<_> = history
        .iter()
        .map(|it| (it.from_version.clone(), it.to_version.clone()))
        .collect();
    assert_eq!(told, [(Some(name(1)), name(2)), (None, name(1))]);
    let evidence = history[0].evidence.as_ref().unwrap();
    assert_eq!(evidence.0["lower_bound"], 0.01);
}

async fn no_move_is_without_its_record(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    shelf.put(artist, 1).await;
    // A transaction that fails behind the move takes both back.
    let wanted = wish(artist, Alias::Champion, None, 1);
    let failed: Result<(), db::DbError> = shelf
        .pool
        .tx(move |db| {
            Box::pin(async move {
                assert!(
                    registry::move_alias(db, &wanted, crate::shelf::NOW)
                        .await?
                        .is_some()
                );
                let nobody = wish(artist, Alias::Challenger, None, 77);
                registry::move_alias(db, &nobody, crate::shelf::NOW)
                    .await
                    .map(drop)
            })
        })
        .await;
    assert!(failed.is_err());
    assert_eq!(shelf.holder(artist, Alias::Champion).await, None);
    assert!(shelf.history(artist).await.is_empty());
}

async fn another_artists_version_can_not_be_pointed_at(shelf: Shelf) {
    let (one, other) = (shelf.artist("one").await, shelf.artist("other").await);
    shelf.put(one, 1).await;
    shelf.put(other, 2).await;
    let first = shelf.move_alias(wish(one, Alias::Champion, None, 2)).await;
    assert!(
        first.is_err(),
        "an alias points at another artist's version"
    );
    shelf
        .move_alias(wish(one, Alias::Champion, None, 1))
        .await
        .unwrap();
    let next = shelf
        .move_alias(wish(one, Alias::Champion, Some(1), 2))
        .await;
    assert!(
        next.is_err(),
        "an alias was moved to another artist's version"
    );
    // What is somebody else's alias, is not moved by guessing where it is.
    let foreign = wish(other, Alias::Champion, Some(1), 2);
    assert_eq!(shelf.move_alias(foreign).await.unwrap(), None);
    assert_eq!(shelf.holder(one, Alias::Champion).await, Some(name(1)));
    assert!(shelf.history(other).await.is_empty());
}

async fn of_movers_at_once_one_wins(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    for number in 0..9 {
        shelf.put(artist, number).await;
    }
    let mut from = None;
    for _ in 0..5 {
        let movers = (1..9).map(|to| shelf.move_alias(wish(artist, Alias::Champion, from, to)));
        let ended = futures::future::join_all(movers).await;
        let won: Vec<u64> = (1..9)
            .zip(ended)
            .filter_map(|(to, moved)| moved.unwrap().map(|_| to))
            .collect();
        assert_eq!(won.len(), 1, "{won:?}");
        // From there nobody moves by what was true before.
        let winner = won[0];
        assert_eq!(
            shelf.holder(artist, Alias::Champion).await,
            Some(name(winner))
        );
        let back = wish(artist, Alias::Champion, Some(winner), 0);
        assert!(shelf.move_alias(back).await.unwrap().is_some());
        from = Some(0);
    }
    assert_eq!(shelf.history(artist).await.len(), 10);
}

async fn rolling_back_goes_back_along_the_promotions(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    for number in 1..=3 {
        shelf.put(artist, number).await;
    }
    for (from, to) in [(None, 1), (Some(1), 2), (Some(2), 3)] {
        let moved = shelf
            .move_alias(wish(artist, Alias::Champion, from, to))
            .await;
        assert!(moved.unwrap().is_some());
    }
    let before = async |champion: u64| {
        let mut db = shelf.pool.get().await.unwrap();
        let found = registry::previous_champion(&mut db, artist, MODEL, &name(champion)).await;
        found.unwrap()
    };
    for (champion, expected) in [(3, 2), (2, 1)] {
        assert_eq!(before(champion).await, Some(name(expected)));
        let back = Move {
            act: Act::RolledBack,
            ..wish(artist, Alias::Champion, Some(champion), expected)
        };
        assert!(shelf.move_alias(back).await.unwrap().is_some());
    }
    assert_eq!(before(1).await, None);
    // Promoted anew, it has a new one before it.
    let moved = shelf
        .move_alias(wish(artist, Alias::Champion, Some(1), 3))
        .await;
    assert!(moved.unwrap().is_some());
    assert_eq!(before(3).await, Some(name(1)));
}

async fn a_snapshot_tells_aliases_and_moves_of_one_moment(shelf: Shelf) {
    let artist = shelf.artist("one").await;
    shelf.put(artist, 1).await;
    shelf.put(artist, 2).await;
    let first = wish(artist, Alias::Champion, None, 1);
    assert!(shelf.move_alias(first).await.unwrap().is_some());
    let shelf = std::sync::Arc::new(shelf);
    let mover = std::sync::Arc::clone(&shelf);
    let read = shelf.pool.snapshot::<_, db::DbError, _>(move |db| {
        Box::pin(async move {
            let aliases = registry::aliases_of(db, artist, MODEL).await?;
            // Somebody else's transaction, committed between two statements.
            let second = wish(artist, Alias::Champion, Some(1), 2);
            assert!(mover.move_alias(second).await?.is_some());
            Ok((aliases, registry::history(db, artist, MODEL, 10).await?))
        })
    });
    let (aliases, history) = read.await.unwrap();
    assert_eq!((aliases.len(), history.len()), (1, 1));
    assert_eq!(aliases[0].version, history[0].to_version);
    assert_eq!(shelf.holder(artist, Alias::Champion).await, Some(name(2)));
    assert_eq!(shelf.history(artist).await.len(), 2);
}
