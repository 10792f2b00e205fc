//! The feature store's own promises, on both databases: a later value wins whichever is written
//! first, nothing is counted twice, and erasing leaves nothing.

#[cfg(test)]
mod promises {
    use chrono::{Days, NaiveDate};
    use db::{Db, DbError, Pool, PoolOptions, Time};
    use models::analytics::{self, ResultRow};
    use models::metrics::{
        self, Filter, Format, ImportReport, ImportRow, Key, MetricRow, Row, Tally,
    };
    use models::{ArtistId, ImportId, accounts};
    use serde_json::json;

    macro_rules! on_both {
        ($($name:ident)+) => {
            mod sqlite {
                $(#[tokio::test]
                async fn $name() {
                    let folder = tempfile::tempdir().unwrap();
                    let url = format!("sqlite:{}", folder.path().join("metrics.db").display());
                    db::migrate(&url).await.unwrap();
                    super::$name(super::open(&url).await).await;
                })+
            }
            mod postgres {
                $(#[tokio::test(flavor = "multi_thread")]
                async fn $name() {
                    let url = support::postgres::database().await;
                    super::$name(super::open(&url).await).await;
                })+
            }
        };
    }

    on_both! {
        what_was_handed_in_later_holds_whichever_is_written_first
        rows_of_one_call_count_in_their_order
        thirty_thousand_rows_merge_and_merge_again
        erasing_leaves_nothing_of_one_artist_and_all_of_another
        a_refresh_that_began_earlier_never_replaces_a_later_ones_results
        a_refresh_that_began_before_everything_was_erased_keeps_nothing
        artists_whose_results_are_of_another_day_are_found_in_order
        changes_share_a_refresh_until_it_begins
    }

    async fn open(url: &str) -> Pool {
        Pool::connect(url, PoolOptions::default()).await.unwrap()
    }

    fn at(seconds: i64) -> Time {
        Time::from_micros(1_790_000_000_000_000 + seconds * 1_000_000)
    }

    async fn artist(pool: &Pool) -> ArtistId {
        let mut db = pool.writer().await.unwrap();
        accounts::create(&mut db, "Nina", at(0)).await.unwrap().0.id
    }

    fn row(track: &str, day: u64, value: f64) -> Row {
        let first = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap();
        Row {
            key: Key {
                metric: "streams".into(),
                source: "spotify".into(),
                track: track.into(),
                day: first.checked_add_days(Days::new(day)).unwrap(),
            },
            value,
        }
    }

    async fn merge(pool: &Pool, artist: ArtistId, rows: Vec<Row>, handed_in: Time) -> Tally {
        let merged = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move { metrics::merge(db, artist, &rows, None, handed_in).await })
        });
        merged.await.unwrap()
    }

    async fn kept(pool: &Pool, artist: ArtistId) -> Vec<MetricRow> {
        let mut db = pool.get().await.unwrap();
        let (mut rows, mut after) = (Vec::new(), None);
        loop {
            let page = metrics::scan(&mut db, artist, after.as_ref(), 7000)
                .await
                .unwrap();
            let Some(last) = page.last() else { return rows };
            after = Some(last.key());
            rows.extend(page);
        }
    }

    async fn values(pool: &Pool, artist: ArtistId) -> Vec<f64> {
        let rows = kept(pool, artist).await;
        rows.into_iter().map(|row| row.value).collect()
    }

    fn tally(added: u64, changed: u64, unchanged: u64, superseded: u64) -> Tally {
        Tally {
            added,
            changed,
            unchanged,
            superseded,
        }
    }

    async fn what_was_handed_in_later_holds_whichever_is_written_first(pool: Pool) {
        let artist = artist(&pool).await;
        let one = |value| vec![row("", 0, value)];
        assert_eq!(
            merge(&pool, artist, one(5.0), at(20)).await,
            tally(1, 0, 0, 0)
        );
        assert_eq!(
            merge(&pool, artist, one(4.0), at(10)).await,
            tally(0, 0, 0, 1)
        );
        assert_eq!(values(&pool, artist).await, [5.0]);
        // Said again later: what comes between the two is old news.
        assert_eq!(
            merge(&pool, artist, one(5.0), at(40)).await,
            tally(0, 0, 1, 0)
        );
        assert_eq!(
            merge(&pool, artist, one(6.0), at(30)).await,
            tally(0, 0, 0, 1)
        );
        assert_eq!(
            merge(&pool, artist, one(7.0), at(50)).await,
            tally(0, 1, 0, 0)
        );
        assert_eq!(values(&pool, artist).await, [7.0]);
    }

    async fn rows_of_one_call_count_in_their_order(pool: Pool) {
        let artist = artist(&pool).await;
        let rows = vec![
            row("", 0, 1.0),
            row("", 0, 2.0),
            row("", 0, 2.0),
            row("A", 0, 0.1 + 0.2),
        ];
        assert_eq!(merge(&pool, artist, rows, at(1)).await, tally(2, 1, 1, 0));
        assert_eq!(values(&pool, artist).await, [2.0, 0.1 + 0.2]);
        assert_eq!(
            merge(&pool, artist, Vec::new(), at(1)).await,
            Tally::default()
        );
    }

    async fn thirty_thousand_rows_merge_and_merge_again(pool: Pool) {
        let (artist, other) = (artist(&pool).await, artist(&pool).await);
        let rows: Vec<Row> = (0..30_000_u32)
            .map(|at| {
                row(
                    &format!("T{}", at % 30),
                    u64::from(at / 30),
                    f64::from(at) / 7.0,
                )
            })
            .collect();
        let merged = merge(&pool, artist, rows.clone(), at(1)).await;
        assert_eq!(merged, tally(30_000, 0, 0, 0));
        let before = kept(&pool, artist).await;
        assert_eq!(before.len(), 30_000);
        assert_eq!(
            merge(&pool, artist, rows, at(1)).await,
            tally(0, 0, 30_000, 0)
        );
        assert_eq!(kept(&pool, artist).await, before);
        assert!(kept(&pool, other).await.is_empty());

        let mut db = pool.get().await.unwrap();
        let filter = Filter {
            track: Some("T7".into()),
            from: before.get(10).map(|row| row.day),
            ..Filter::default()
        };
        let (mut after, mut listed) = (None, Vec::new());
        loop {
            let page = metrics::list(&mut db, artist, &filter, after.as_ref(), 300)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.key());
            listed.extend(page);
        }
        let mut expected: Vec<_> = before
            .into_iter()
            .filter(|row| row.track == "T7" && Some(row.day) >= filter.from)
            .collect();
        expected.reverse();
        assert_eq!(listed, expected);
    }

    async fn erasing_leaves_nothing_of_one_artist_and_all_of_another(pool: Pool) {
        let (gone, stays) = (artist(&pool).await, artist(&pool).await);
        let mut keys = Vec::new();
        for artist in [gone, stays] {
            let id = ImportId::new();
            let import = ImportRow {
                id,
                artist_id: artist,
                job_id: ImportId::new().uuid().into(),
                filename: "f.csv".into(),
                object_key: metrics::object_key(artist, id),
                format: Format::Csv,
                size_bytes: 1,
                sha256: "0".repeat(64),
                report: ImportReport::default(),
                created_at: at(1),
                completed_at: None,
            };
            keys.push(import.object_key.clone());
            let stored = pool.tx::<_, DbError, _>(move |db: &mut Db| {
                Box::pin(async move {
                    metrics::insert_import(db, &import).await?;
                    let rows = [row("", 0, 1.0)];
                    metrics::merge(db, artist, &rows, Some(id), at(1)).await?;
                    let number = analytics::begin(db, artist, at(1)).await?;
                    let job = import.job_id;
                    assert!(analytics::keep(db, artist, number, results(), at(2), job).await?);
                    Ok(())
                })
            });
            stored.await.unwrap();
        }
        let erased = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move { metrics::erase(db, gone).await })
        });
        let erased = erased.await.unwrap();
        assert_eq!((erased.values, erased.jobs.len()), (1, 1));
        assert_eq!(erased.objects, keys[..1]);
        let mut db = pool.get().await.unwrap();
        for (artist, count) in [(gone, 0), (stays, 1)] {
            assert_eq!(kept(&pool, artist).await.len(), count);
            let imports = metrics::list_imports(&mut db, artist, None, 10)
                .await
                .unwrap();
            assert_eq!(imports.len(), count);
            let found = analytics::find(&mut db, artist, "insights", "")
                .await
                .unwrap();
            assert_eq!(found.is_some(), count == 1);
        }
    }

    fn results() -> Vec<ResultRow> {
        vec![ResultRow {
            kind: "insights".into(),
            subject: String::new(),
            result: json!({ "status": "ready" }),
        }]
    }

    async fn a_refresh_that_began_earlier_never_replaces_a_later_ones_results(pool: Pool) {
        let artist = artist(&pool).await;
        let job = ImportId::new().uuid().into();
        let kept = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move {
                let (first, second) = (
                    analytics::begin(db, artist, at(1)).await?,
                    analytics::begin(db, artist, at(1)).await?,
                );
                let later = analytics::keep(db, artist, second, results(), at(2), job).await?;
                let earlier = analytics::keep(db, artist, first, Vec::new(), at(3), job).await?;
                let found = analytics::find(db, artist, "insights", "").await?;
                Ok((later, earlier, found.map(|found| found.computed_at)))
            })
        });
        assert_eq!(kept.await.unwrap(), (true, false, Some(at(2))));
    }

    async fn changes_share_a_refresh_until_it_begins(pool: Pool) {
        let artist = artist(&pool).await;
        let numbers = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move {
                let before = [
                    analytics::next(db, artist).await?,
                    analytics::next(db, artist).await?,
                ];
                let begun = analytics::begin(db, artist, at(1)).await?;
                Ok((before, begun, analytics::next(db, artist).await?))
            })
        });
        let begun = at(1).as_micros();
        assert_eq!(numbers.await.unwrap(), ([1, 1], begun, begun + 1));
    }

    async fn a_refresh_that_began_before_everything_was_erased_keeps_nothing(pool: Pool) {
        let artist = artist(&pool).await;
        let job = ImportId::new().uuid().into();
        let kept = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move {
                let before = analytics::begin(db, artist, at(1)).await?;
                metrics::erase(db, artist).await?;
                let gone = analytics::keep(db, artist, before, results(), at(2), job).await?;
                assert_eq!(analytics::next(db, artist).await?, analytics::FIRST);
                let after = analytics::begin(db, artist, at(3)).await?;
                let late = analytics::keep(db, artist, before, results(), at(4), job).await?;
                let own = analytics::keep(db, artist, after, results(), at(5), job).await?;
                Ok((gone, late, own))
            })
        });
        assert_eq!(kept.await.unwrap(), (false, false, true));
    }

    async fn artists_whose_results_are_of_another_day_are_found_in_order(pool: Pool) {
        let mut artists = Vec::new();
        for _ in 0..4 {
            artists.push(artist(&pool).await);
        }
        artists.sort();
        let [fresh, old, erased, never] = artists[..].try_into().unwrap();
        let job = ImportId::new().uuid().into();
        let stale = pool.tx::<_, DbError, _>(move |db: &mut Db| {
            Box::pin(async move {
                for (artist, computed_at) in [(fresh, at(20)), (old, at(9)), (erased, at(9))] {
                    let number = analytics::begin(db, artist, at(1)).await?;
                    analytics::keep(db, artist, number, results(), computed_at, job).await?;
                }
                metrics::erase(db, erased).await?;
                // One whose first refresh never got through is stale too.
                analytics::begin(db, never, at(1)).await?;
                Ok([
                    analytics::stale(db, at(10), None, 10).await?,
                    analytics::stale(db, at(10), None, 1).await?,
                    analytics::stale(db, at(10), Some(old), 10).await?,
                    analytics::stale(db, at(30), None, 10).await?,
                ])
            })
        });
        assert_eq!(
            stale.await.unwrap(),
            [
                vec![old, never],
                vec![old],
                vec![never],
                vec![fresh, old, never]
            ]
        );
    }
}
