//! The connection pool: bounded, checked, of limited age, and silent about passwords.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{Metrics, PoolError, RecycleError, RecycleResult, TimeoutType};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::address::Address;
use crate::connection::{Connection, Db, Kind, Pooled, Writer};
use crate::{DbError, on, postgres, sqlite};

/// A connection unused for longer than this is asked a trivial question before it is lent.
const CHECK_AFTER_IDLE: Duration = Duration::from_secs(1);

/// How a [`Pool`] behaves.
#[derive(Debug, Clone)]
pub struct PoolOptions {
    /// The most connections open at once; at least 1.
    pub max_connections: usize,
    /// How long a caller waits for a free connection, and SQLite for another process' write.
    pub wait: Duration,
    /// How long opening one connection may take.
    pub connect: Duration,
    /// How long one loan of a connection to PostgreSQL may last. After that (at the latest after
    /// as long again) the connection is given up, and the call that waits on it hears so. The
    /// server is told to end a transaction that nothing is asked of for as long.
    pub loan: Duration,
    /// A connection older than this is replaced when it is next borrowed, so that a failover or
    /// a changed address is noticed and the server's per-connection caches stay small. The server
    /// is told to end one that is unused for as long.
    pub max_age: Duration,
    /// The name shown in `pg_stat_activity`.
    pub application_name: String,
}

impl Default for PoolOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            wait: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            loan: Duration::from_secs(30),
            max_age: Duration::from_mins(30),
            application_name: "db".into(),
        }
    }
}

/// A pool of connections to one database. Cloning it is cheap and shares the connections.
#[derive(Clone)]
pub struct Pool {
    inner: deadpool::managed::Pool<Manager>,
    kind: Kind,
    wait: Duration,
    /// SQLite has one writer. Waiting for it in order, here, is fairer and quicker than SQLite's
    /// own sleeping retries, which remain for other processes.
    writer: Option<Arc<Semaphore>>,
}

impl Pool {
    /// Opens a pool on `postgres://…` or `sqlite:PATH`, and one connection, to know that it can.
    ///
    /// A SQLite file and its folder are created when absent, readable by their owner only.
    /// PostgreSQL is spoken without encryption; `sslmode=require` is refused.
    pub async fn connect(url: &str, options: PoolOptions) -> Result<Self, DbError> {
        let address = Address::parse(url)?;
        if let Address::Sqlite(path) = &address {
            sqlite::create_file(path)?;
        }
        let kind = address.kind();
        let wait = options.wait;
        let max = options.max_connections.max(1);
        let connect = options.connect;
        let inner = deadpool::managed::Pool::builder(Manager { address, options })
            .max_size(max)
            .wait_timeout(Some(wait))
            .create_timeout(Some(connect))
            .recycle_timeout(Some(connect))
            .runtime(deadpool::Runtime::Tokio1)
            .build()
            .map_err(|error| DbError::Unavailable {
                message: error.to_string(),
            })?;
        let writer = (kind == Kind::Sqlite).then(|| Arc::new(Semaphore::new(1)));
        let pool = Self {
            inner,
            kind,
            wait,
            writer,
        };
        pool.ping().await?;
        Ok(pool)
    }

    /// Borrows a connection.
    pub async fn get(&self) -> Result<Connection, DbError> {
        let object = self.inner.get().await.map_err(|error| match error {
            PoolError::Timeout(TimeoutType::Wait) => DbError::Busy {
                message: "no free connection within the waiting time".into(),
            },
            PoolError::Timeout(_) => DbError::Unavailable {
                message: "the database did not answer in time".into(),
            },
            PoolError::Backend(error) => error,
            other => DbError::Unavailable {
                message: other.to_string(),
            },
        })?;
        object.loan.begin();
        Ok(Connection {
            object: Some(object),
        })
    }

    /// Opens a connection outside the pool, for whoever keeps one for good: a listener. PostgreSQL
    /// ends it when nothing is asked of it for [`PoolOptions::max_age`].
    pub async fn dedicated(&self) -> Result<Db, DbError> {
        let Manager { address, options } = self.inner.manager();
        match address {
            Address::Postgres(config) => Ok(Db::Pg(postgres::open(config, options).await?)),
            Address::Sqlite(path) => Ok(sqlite::open(path.clone(), options.wait).await?.db),
        }
    }

    /// Which store the pool speaks to.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Asks the database a trivial question; an error says why it cannot be used.
    pub async fn ping(&self) -> Result<(), DbError> {
        ping(&mut *self.get().await?).await
    }

    /// Borrows a connection for statements that write. On SQLite it comes with the turn to write,
    /// which [`Pool::tx`] takes as well: whoever holds it must not wait for a second one.
    pub async fn writer(&self) -> Result<Writer, DbError> {
        let turn = self.turn().await?;
        Ok(Writer {
            connection: self.get().await?,
            _turn: turn,
        })
    }

    /// Waits for the turn to write. PostgreSQL needs none.
    async fn turn(&self) -> Result<Option<OwnedSemaphorePermit>, DbError> {
        let Some(writer) = &self.writer else {
            return Ok(None);
        };
        match tokio::time::timeout(self.wait, Arc::clone(writer).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => Err(DbError::Busy {
                message: "another transaction of this process is still writing".into(),
            }),
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("kind", &self.kind)
            .field("status", &self.inner.status())
            .finish_non_exhaustive()
    }
}

async fn ping(db: &mut Db) -> Result<(), DbError> {
    use diesel_async::SimpleAsyncConnection as _;
    on!(db, conn => conn.batch_execute("SELECT 1").await)?;
    Ok(())
}

/// Opens and checks connections for deadpool.
pub(crate) struct Manager {
    address: Address,
    options: PoolOptions,
}

impl deadpool::managed::Manager for Manager {
    type Type = Pooled;
    type Error = DbError;

    async fn create(&self) -> Result<Pooled, DbError> {
        match &self.address {
            Address::Postgres(config) => {
                let (conn, loan) = postgres::open_for_loans(config, &self.options).await?;
                Ok(Pooled {
                    db: Db::Pg(conn),
                    in_flight: None,
                    loan,
                })
            }
            Address::Sqlite(path) => sqlite::open(path.clone(), self.options.wait).await,
        }
    }

    async fn recycle(&self, pooled: &mut Pooled, metrics: &Metrics) -> RecycleResult<DbError> {
        if pooled.must_discard() || metrics.age() > self.options.max_age {
            return Err(RecycleError::message("the connection is spent"));
        }
        if metrics.last_used() > CHECK_AFTER_IDLE {
            ping(&mut pooled.db).await.map_err(RecycleError::Backend)?;
        }
        Ok(())
    }
}
