//! Every row of every table as text, and what of it tells of an artist. The database itself is asked for
//! its tables, so a table of tomorrow is looked at too.

use std::collections::BTreeMap;

use db::{Db, Kind};
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use support::site::Site;
use uuid::Uuid;

/// Tables that tell of no artist, however much an artist does. Any other table must hold something of
/// the artist that the test fills, before it is erased, and nothing after.
const NOBODYS: [&str; 7] = [
    "__diesel_schema_migrations",
    "operators",
    "queue_controls",
    "queue_incarnations",
    "queue_leases",
    "queue_limits",
    "queue_workers",
];

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = Text)]
    word: String,
}

/// All rows of a database, by table.
pub struct Rows(BTreeMap<String, Vec<String>>);

async fn open(site: &Site) -> db::Pool {
    let options = db::PoolOptions::default();
    let pool = db::Pool::connect(&site.database_url(), options).await;
    pool.unwrap()
}

async fn words(db: &mut Db, sql: &str) -> Vec<String> {
    let query = diesel::sql_query(sql);
    let found: Vec<Word> = db::on!(db, conn => query.load(conn).await).unwrap();
    found.into_iter().map(|row| row.word).collect()
}

impl Rows {
    /// As they are now.
    pub async fn of(site: &Site) -> Self {
        let pool = open(site).await;
        let mut connection = pool.get().await.unwrap();
        let db: &mut Db = &mut connection;
        let tables = match pool.kind() {
            Kind::Postgres => {
                "SELECT table_name::text AS word FROM information_schema.tables \
                 WHERE table_schema = current_schema() AND table_type = 'BASE TABLE'"
            }
            Kind::Sqlite => {
                "SELECT name AS word FROM sqlite_master WHERE type = 'table' \
                 AND name NOT LIKE 'sqlite^_%' ESCAPE '^'"
            }
        };
        let mut all = BTreeMap::new();
        for table in words(db, tables).await {
            let sql = match pool.kind() {
                Kind::Postgres => format!("SELECT t::text AS word FROM \"{table}\" t"),
                Kind::Sqlite => {
                    let columns = format!("SELECT name AS word FROM pragma_table_info('{table}')");
                    let columns = words(db, &columns).await;
                    // Blobs as hexadecimal digits, all else as it is.
                    let quoted = columns.iter().map(|column| format!("quote(\"{column}\")"));
                    let quoted: Vec<_> = quoted.collect();
                    format!(
                        "SELECT {} AS word FROM \"{table}\"",
                        quoted.join(" || ' ' || ")
                    )
                }
            };
            let rows = words(db, &sql).await.into_iter();
            all.insert(table, rows.map(|row| plain(&row)).collect());
        }
        assert!(all.len() > 35, "{}", all.len());
        Self(all)
    }

    /// How many rows tell of any of these, by table.
    pub fn telling(&self, needles: &[String]) -> BTreeMap<&str, usize> {
        let needles: Vec<_> = needles.iter().map(|needle| plain(needle)).collect();
        let tells = |row: &&String| needles.iter().any(|needle| row.contains(needle));
        let counts = self.0.iter();
        let counts =
            counts.map(|(table, rows)| (table.as_str(), rows.iter().filter(tells).count()));
        counts.filter(|(_, count)| *count > 0).collect()
    }

    /// Rows of a table.
    pub fn of_table(&self, table: &str) -> &[String] {
        &self.0[table]
    }

    /// Whoever adds a table either has the test fill it, and erasing an artist empty it, or says in
    /// [`NOBODYS`] that it tells of no artist.
    pub fn hold_something_everywhere(&self, needles: &[String]) {
        let telling = self.telling(needles);
        for table in self.0.keys().map(String::as_str) {
            assert_ne!(
                telling.contains_key(table),
                NOBODYS.contains(&table),
                "{table}: an artist is in it and is erased from it, or is never in it: {telling:?}"
            );
        }
    }
}

/// Without what ids are written with in one place and not in another.
fn plain(text: &str) -> String {
    text.to_lowercase().replace('-', "")
}

/// Adds to an artist who has tracks, a model `fans` that is looked after, and jobs, what would take
/// weeks to come by itself: one row of each such table.
pub async fn aged(site: &Site, artist: &str, job: &str, schedule: &str) {
    let pool = open(site).await;
    let postgres = pool.kind() == Kind::Postgres;
    let id = |id: &str| {
        let id: Uuid = id.parse().unwrap();
        match pool.kind() {
            Kind::Postgres => format!("'{id}'"),
            Kind::Sqlite => format!("x'{}'", id.simple()),
        }
    };
    let now = if postgres {
        "now()"
    } else {
        "1796000000000000"
    };
    let no = if postgres { "false" } else { "0" };
    let (artist_id, job_id) = (id(artist), id(job));
    let new = || id(&Uuid::now_v7().to_string());
    let key = format!("{}/refresh_analytics/day", artist.replace('-', ""));
    let statements = [
        format!(
            "INSERT INTO queue_effects (job_id, key, state, fence, token, calls, intended_at, ended_at) \
             VALUES ({job_id}, 'post', 'happened', 1, 'told', 1, {now}, {now})"
        ),
        format!(
            "INSERT INTO queue_edges (job_id, needs_id, on_failure, fired) SELECT {job_id}, id, 'hold', {no} \
             FROM queue_jobs WHERE tenant_id = {artist_id} AND id <> {job_id} LIMIT 1"
        ),
        format!(
            "INSERT INTO queue_log (job_id, fence, seq, at, level, message) \
             VALUES ({job_id}, 99, 99, {now}, 'info', 'said')"
        ),
        format!(
            "INSERT INTO queue_ticks (schedule_id, tick_at, job_id, made_at) \
             VALUES ({}, {now}, {job_id}, {now})",
            id(schedule)
        ),
        format!(
            "INSERT INTO queue_unique_windows (unique_key, job_id, until) VALUES ('{key}', {}, {now})",
            new()
        ),
        format!("INSERT INTO queue_gates (key, full_at) VALUES ('accounts/{artist}', {now})"),
        format!(
            "INSERT INTO model_shadows (artist_id, model, key, version, probability, judged_at) \
             SELECT artist_id, model, key, version, 0.5, {now} FROM model_observations \
             WHERE artist_id = {artist_id} LIMIT 1"
        ),
        format!(
            "INSERT INTO model_retrainings (training_id, artist_id, model, job_id, created_at) \
             SELECT id, artist_id, model, {}, {now} FROM model_trainings \
             WHERE artist_id = {artist_id} LIMIT 1",
            new()
        ),
    ];
    let mut connection = pool.writer().await.unwrap();
    for statement in statements {
        run(&mut connection, &statement).await;
    }
}

/// Has `job` have done something outside of which nobody knows whether it happened.
pub async fn unsettled(site: &Site, job: &str) {
    let statement = |job: String, now: &str| {
        format!(
            "INSERT INTO queue_effects (job_id, key, state, fence, token, calls, intended_at) \
             VALUES ({job}, 'post', 'ambiguous', 1, 'told', 1, {now})"
        )
    };
    change(site, job, statement).await;
}

/// Has `job` run for ever: a worker that nobody knows holds it.
pub async fn held_for_ever(site: &Site, job: &str) {
    let later = |now: &str| {
        if now == "now()" {
            "now() + interval '1 day'".to_owned()
        } else {
            // Microseconds of the year 2200.
            "7258118400000000".to_owned()
        }
    };
    let worker = |job: String, now: &str| {
        format!(
            "INSERT INTO queue_workers (id, name, host, pid, queues, started_at, beat_at, lease_until) \
             VALUES ({job}, 'stuck', 'far', 1, '[]', {now}, {now}, {})",
            later(now)
        )
    };
    change(site, job, worker).await;
    let holds = |job: String, now: &str| {
        format!(
            "UPDATE queue_jobs SET state = 'running', worker_id = id, started_at = {now}, \
             attempt = 1 WHERE id = {job}"
        )
    };
    change(site, job, holds).await;
}

/// Lets it go again: the worker's lease has lapsed.
pub async fn let_go(site: &Site, job: &str) {
    change(site, job, |job, _| {
        format!("DELETE FROM queue_workers WHERE id = {job}")
    })
    .await;
}

async fn change(site: &Site, job: &str, statement: impl Fn(String, &str) -> String) {
    let pool = open(site).await;
    let job: Uuid = job.parse().unwrap();
    let statement = match pool.kind() {
        Kind::Postgres => statement(format!("'{job}'"), "now()"),
        Kind::Sqlite => statement(format!("x'{}'", job.simple()), "1796000000000000"),
    };
    run(&mut pool.writer().await.unwrap(), &statement).await;
}

async fn run(db: &mut Db, statement: &str) {
    let done = db::on!(db, conn => conn.batch_execute(statement).await);
    done.unwrap_or_else(|error| panic!("{error}: {statement}"));
}
