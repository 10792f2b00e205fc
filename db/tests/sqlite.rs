//! The SQLite half of the crate, on a real file. PostgreSQL's half is held by the suites in
//! `tests/`, which start a server.
#![expect(
    clippy::unwrap_used,
    missing_docs,
    reason = "a test's setup may fail loudly, and its table needs no manual"
)]

use std::time::Duration;

use db::{DbError, Pool, PoolOptions};
use diesel::prelude::*;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};

db::id! {
    /// An id of a thing.
    pub ThingId
}

db::text_enum! {
    /// A colour of a thing.
    pub enum Colour {
        /// Like grass.
        Green = "green",
        /// Like blood.
        Red = "red",
    }
}

diesel::table! {
    use db::types::*;
    use diesel::sql_types::*;
    things (id) {
        id -> DbUuid,
        made_at -> DbTime,
        colour -> Text,
        note -> Nullable<DbJson>,
    }
}

#[derive(Debug, Clone, PartialEq, Insertable, Queryable, Selectable)]
#[diesel(table_name = things)]
struct Thing {
    id: ThingId,
    made_at: db::Time,
    colour: Colour,
    note: Option<db::Document>,
}

async fn pool(folder: &tempfile::TempDir) -> Pool {
    let url = format!("sqlite:{}", folder.path().join("deep/x.db").display());
    let options = PoolOptions {
        wait: Duration::from_millis(500),
        ..PoolOptions::default()
    };
    let pool = Pool::connect(&url, options).await.unwrap();
    let sql = "CREATE TABLE things (id BLOB PRIMARY KEY, made_at INTEGER NOT NULL, colour TEXT NOT NULL UNIQUE, note TEXT)";
    let mut db = pool.get().await.unwrap();
    db::on!(db, conn => conn.batch_execute(sql).await).unwrap();
    drop(db);
    pool
}

fn thing(colour: Colour) -> Thing {
    Thing {
        id: ThingId::new(),
        made_at: db::Time::from_micros(1_795_400_000_123_456),
        colour,
        note: Some(db::Document(serde_json::json!({"a": [1, 2.5]}))),
    }
}

async fn insert(db: &mut db::Db, thing: Thing) -> Result<(), DbError> {
    let statement = diesel::insert_into(things::table).values(thing);
    db::on!(db, conn => statement.execute(conn).await)?;
    Ok(())
}

async fn count(pool: &Pool) -> i64 {
    let mut db = pool.get().await.unwrap();
    db::on!(db, conn => things::table.count().get_result(conn).await).unwrap()
}

#[tokio::test]
async fn a_row_reads_back_as_it_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    let written = thing(Colour::Red);
    let mut db = pool.get().await.unwrap();
    insert(&mut db, written.clone()).await.unwrap();
    let read: Thing = db::on!(db, conn => things::table
        .filter(things::id.eq(written.id))
        .filter(things::colour.eq(Colour::Red))
        .filter(things::made_at.le(written.made_at))
        .select(Thing::as_select())
        .first(conn)
        .await)
    .unwrap();
    assert_eq!(read, written);
}

#[tokio::test]
async fn a_failed_transaction_leaves_nothing_and_its_error_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    let result: Result<(), DbError> = pool
        .tx(|db| {
            Box::pin(async move {
                insert(db, thing(Colour::Red)).await?;
                insert(db, thing(Colour::Red)).await
            })
        })
        .await;
    let error = result.unwrap_err();
    assert!(error.is_unique("things.colour"), "{error:?}");
    assert_eq!(count(&pool).await, 0);
}

#[tokio::test]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_closed() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    let (inside, entered) = tokio::sync::oneshot::channel();
    let task = {
        let pool = pool.clone();
        tokio::spawn(async move {
            let _: Result<(), DbError> = pool
                .tx(|db| {
                    Box::pin(async move {
                        insert(db, thing(Colour::Red)).await?;
                        inside.send(()).unwrap();
                        std::future::pending().await
                    })
                })
                .await;
        })
    };
    entered.await.unwrap();
    task.abort();
    let _ = task.await;
    assert_eq!(count(&pool).await, 0);
    // The write lock is free again.
    pool.tx(|db| Box::pin(insert(db, thing(Colour::Green))))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_query_dropped_half_way_on_a_single_thread_does_not_panic() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    for _ in 0..50 {
        let asked = async { count(&pool).await };
        let _ = tokio::time::timeout(Duration::from_micros(50), asked).await;
    }
    assert_eq!(count(&pool).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_one_process_take_turns() {
    let folder = tempfile::tempdir().unwrap();
    let pool = pool(&folder).await;
    let writers = (0..16).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            pool.tx::<_, DbError, _>(|db| {
                Box::pin(async move {
                    insert(db, thing(Colour::Red)).await?;
                    db::on!(db, conn => diesel::delete(things::table).execute(conn).await)?;
                    Ok(())
                })
            })
            .await
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap().unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let _pool = pool(&folder).await;
    let mode = |name: &str| {
        let path = folder.path().join(name);
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    };
    assert_eq!(mode("deep/x.db"), 0o600);
    assert_eq!(mode("deep/x.db-wal"), 0o600);
    assert_eq!(mode("deep"), 0o700);
}

#[tokio::test]
async fn migrations_run_once_however_many_start_at_once_and_revert() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("m.db").display());
    let starters: Vec<_> = (0..6).map(|_| db::migrate(&url)).collect();
    let ran: Vec<_> = futures::future::join_all(starters).await;
    let counts: Vec<_> = ran.into_iter().map(|names| names.unwrap().len()).collect();
    let total: usize = counts.iter().sum();
    assert!(total >= 1);
    assert_eq!(
        counts.iter().filter(|count| **count > 0).count(),
        1,
        "{counts:?}"
    );
    assert!(db::migrations::pending(&url).await.unwrap().is_empty());
    for _ in 0..total {
        assert_eq!(db::migrations::revert(&url).await.unwrap().len(), 1);
    }
    assert_eq!(db::migrations::pending(&url).await.unwrap().len(), total);
}
