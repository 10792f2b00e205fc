//! The history of every job, written down by triggers in the database itself: what a snapshot
//! between two looks can't show.

#![expect(
    clippy::expect_used,
    reason = "a history that can't be read must fail the test"
)]

mod laws;

use db::Db;
use diesel::QueryableByName;
use diesel::sql_types::{BigInt, Nullable, Text};
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};

pub use laws::{Known, Laws};

/// One change. Ids are 32 digits; times are microseconds since 1970.
#[derive(Debug, Clone, QueryableByName)]
pub struct Entry {
    /// Its number.
    #[diesel(sql_type = BigInt)]
    pub seq: i64,
    /// `made`, `moved`, `pruned`: the job's row. `ended`: an attempt. `resulted`: a body wrote
    /// something under its fence. `ticked`: a tick made the job. `needs`: an edge of a flow.
    #[diesel(sql_type = Text)]
    pub what: String,
    /// The job.
    #[diesel(sql_type = Text)]
    pub job: String,
    /// The row's state before.
    #[diesel(sql_type = Nullable<Text>)]
    pub state_before: Option<String>,
    /// The row's state since; how an attempt ended; what an edge does on failure.
    #[diesel(sql_type = Nullable<Text>)]
    pub state: Option<String>,
    /// The fence before.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub fence_before: Option<i64>,
    /// The fence since.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub fence: Option<i64>,
    /// The attempt before.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub attempt_before: Option<i64>,
    /// The attempt since.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub attempt: Option<i64>,
    /// The most attempts before.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub most_before: Option<i64>,
    /// The most attempts since.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub most: Option<i64>,
    /// Who runs it.
    #[diesel(sql_type = Nullable<Text>)]
    pub worker: Option<String>,
    /// Its unique key.
    #[diesel(sql_type = Nullable<Text>)]
    pub unique_key: Option<String>,
    /// When it is due, or the tick's time.
    #[diesel(sql_type = Nullable<BigInt>)]
    pub run_at: Option<i64>,
    /// What the change wrote: a body's tag, the schedule, or the job that is needed.
    #[diesel(sql_type = Nullable<Text>)]
    pub wrote: Option<String>,
}

/// Begins to write the history of a migrated database.
pub async fn install(db: &mut Db) {
    let sql = match db {
        Db::Pg(_) => include_str!("postgres.sql"),
        Db::Sqlite(_) => include_str!("sqlite.sql"),
    };
    let installed = db::on!(db, conn => conn.batch_execute(sql).await);
    installed.expect("the triggers");
}

/// What was written behind number `after`, in order. On PostgreSQL a lower number may be
/// committed later than a higher one.
pub async fn read(db: &mut Db, after: i64) -> Vec<Entry> {
    let sql = format!("SELECT * FROM test_history WHERE seq > {after} ORDER BY seq");
    let query = diesel::sql_query(sql);
    db::on!(db, conn => query.load(conn).await).expect("the history")
}
