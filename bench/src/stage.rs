//! The database and the engine that are measured.

use db::{Kind, Pool, PoolOptions};
use queue::{NewJob, Options, Page, Queue, Scope};

use crate::noop::noop;
use crate::{BenchError, Settings};

/// How many jobs one statement of the preparation inserts.
const BATCH: u64 = 5000;

/// An engine on an empty database.
pub struct Stage {
    pub queue: Queue,
    pub store: &'static str,
}

impl Stage {
    pub async fn open(settings: &Settings) -> Result<Self, BenchError> {
        db::migrate(&settings.database_url).await?;
        let options = PoolOptions {
            max_connections: settings.connections,
            ..PoolOptions::default()
        };
        let pool = Pool::connect(&settings.database_url, options).await?;
        let store = match pool.kind() {
            Kind::Postgres => "postgres",
            Kind::Sqlite => "sqlite",
        };
        let options = Options {
            redis_url: settings.redis_url.clone(),
            ..Options::default()
        };
        let queue = Queue::start(pool, options).await?;
        let first = Page {
            after: None,
            limit: 1,
        };
        if !queue
            .jobs(Scope::Operator, &queue::Filter::default(), first)
            .await?
            .is_empty()
        {
            return Err(BenchError::NotEmpty);
        }
        Ok(Self { queue, store })
    }

    /// Stores `count` jobs, each as `dress` makes it.
    pub async fn fill(
        &self,
        count: u64,
        dress: impl Fn(NewJob, u64) -> NewJob,
    ) -> Result<(), BenchError> {
        let mut stored = 0;
        while stored < count {
            let end = count.min(stored + BATCH);
            let jobs: Result<Vec<_>, _> = (stored..end)
                .map(|number| Ok::<_, BenchError>(dress(noop(number)?, number)))
                .collect();
            self.queue.enqueue_many(jobs?).await?;
            stored = end;
        }
        Ok(())
    }
}
