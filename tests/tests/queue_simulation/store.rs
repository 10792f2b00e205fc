//! A database a seed, as cheap as a real one gets.

use std::path::PathBuf;
use std::time::Duration;

use db::{Db, Kind, Pool, PoolOptions};
use diesel_async::SimpleAsyncConnection as _;
use support::history;
use tokio::runtime::Runtime;

/// One SQLite file or one PostgreSQL database, used again for each seed of one thread.
pub struct Store {
    pub kind: Kind,
    pub url: String,
    /// The migrated file with its triggers: each seed begins with a copy.
    template: Vec<u8>,
    folder: Option<tempfile::TempDir>,
    observer: Option<Db>,
}

impl Store {
    pub fn sqlite(runtime: &Runtime) -> Self {
        let memory = PathBuf::from("/dev/shm");
        let folder = if memory.is_dir() {
            tempfile::tempdir_in(memory)
        } else {
            tempfile::tempdir()
        };
        let folder = folder.unwrap();
        let template = folder.path().join("template.db");
        let url = format!("sqlite:{}", template.display());
        runtime.block_on(async {
            db::migrate(&url).await.unwrap();
            let mut db = observe(&url).await;
            history::install(&mut db).await;
        });
        // The last connection that closes writes everything into the one file.
        let wal = folder.path().join("template.db-wal");
        while wal.exists() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Self {
            kind: Kind::Sqlite,
            url: format!("sqlite:{}", folder.path().join("queue.db").display()),
            template: std::fs::read(template).unwrap(),
            folder: Some(folder),
            observer: None,
        }
    }

    pub fn postgres(runtime: &Runtime) -> Self {
        let url = runtime.block_on(async {
            let url = support::postgres::database().await;
            history::install(&mut observe(&url).await).await;
            url
        });
        Self {
            kind: Kind::Postgres,
            url,
            template: Vec::new(),
            folder: None,
            observer: None,
        }
    }

    /// Empties it for the next seed.
    pub async fn begin(&mut self) {
        self.observer = None;
        if let Some(folder) = &self.folder {
            for name in ["queue.db-wal", "queue.db-shm", "queue.db"] {
                // Absent before the first.
                let _ = std::fs::remove_file(folder.path().join(name));
            }
            std::fs::write(folder.path().join("queue.db"), &self.template).unwrap();
        }
        let mut db = observe(&self.url).await;
        if let Db::Pg(conn) = &mut db {
            // Those who died in the seed before may still be in the middle of a statement.
            conn.batch_execute(EMPTY).await.unwrap();
        }
        self.observer = Some(db);
    }

    /// A connection that no process has.
    pub fn observer(&mut self) -> &mut Db {
        self.observer.as_mut().unwrap()
    }
}

const EMPTY: &str = "DO $$ BEGIN
    PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
    TRUNCATE queue_jobs, queue_workers, queue_attempts, queue_leases, queue_unique_windows,
        queue_schedules, queue_ticks, queue_effects, queue_edges, test_history, test_results RESTART IDENTITY CASCADE;
END $$";

async fn observe(url: &str) -> Db {
    let options = PoolOptions {
        max_connections: 1,
        ..PoolOptions::default()
    };
    let pool = Pool::connect(url, options).await.unwrap();
    pool.dedicated().await.unwrap()
}
