//! One transaction on either store.

use diesel::connection::{AnsiTransactionManager, TransactionManager as SyncManager};
use diesel_async::{AnsiTransactionManager as AsyncManager, AsyncConnection, TransactionManager};
use futures::future::BoxFuture;

use crate::{Db, DbError, Pool, SqliteConn};

impl Pool {
    /// Runs `body` in a transaction and commits it when it returns `Ok`; an error, a panic or a
    /// dropped future leaves nothing behind.
    ///
    /// On SQLite the transaction is `BEGIN IMMEDIATE`: it never fails half-way because another
    /// one wrote first, and transactions of this process take turns. A body must therefore not
    /// start a second transaction on the same pool.
    pub async fn tx<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'c> FnOnce(&'c mut Db) -> BoxFuture<'c, Result<R, E>> + Send,
        E: From<DbError> + Send,
        R: Send,
    {
        self.writer().await?.tx(body).await
    }

    /// Runs `body`, which must only read: all its statements see the rows of one moment, whatever
    /// others commit meanwhile. It waits for nobody's turn.
    pub async fn snapshot<R, E, F>(&self, body: F) -> Result<R, E>
    where
        F: for<'c> FnOnce(&'c mut Db) -> BoxFuture<'c, Result<R, E>> + Send,
        E: From<DbError> + Send,
        R: Send,
    {
        let mut db = self.get().await?;
        db.begin_snapshot().await?;
        db.ended(body).await
    }
}

impl Db {
    /// Runs `body` in a transaction of this connection. See [`Pool::tx`], which also keeps
    /// SQLite's writers in order.
    pub async fn tx<R, E, F>(&mut self, body: F) -> Result<R, E>
    where
        F: for<'c> FnOnce(&'c mut Db) -> BoxFuture<'c, Result<R, E>> + Send,
        E: From<DbError> + Send,
        R: Send,
    {
        self.begin().await?;
        self.ended(body).await
    }

    /// Runs `body` in the transaction that was begun, and ends it.
    async fn ended<R, E, F>(&mut self, body: F) -> Result<R, E>
    where
        F: for<'c> FnOnce(&'c mut Db) -> BoxFuture<'c, Result<R, E>> + Send,
        E: From<DbError> + Send,
        R: Send,
    {
        match body(self).await {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                // The body's error is the one to tell. A rollback that fails leaves the
                // connection marked as broken, and the pool closes it.
                if let Err(rollback) = self.rollback().await {
                    tracing::debug!(error = %rollback, "a rollback failed; the connection is closed");
                }
                Err(error)
            }
        }
    }

    async fn begin(&mut self) -> Result<(), DbError> {
        match self {
            Self::Pg(conn) => begin(conn).await?,
            Self::Sqlite(conn) => begin_as(conn, "BEGIN IMMEDIATE").await?,
        }
        Ok(())
    }

    async fn begin_snapshot(&mut self) -> Result<(), DbError> {
        match self {
            Self::Pg(conn) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY";
                AsyncManager::begin_transaction_sql(conn, begin).await?;
            }
            // Its log keeps what the first statement saw.
            Self::Sqlite(conn) => begin_as(conn, "BEGIN DEFERRED").await?,
        }
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DbError> {
        match self {
            Self::Pg(conn) => commit(conn).await?,
            Self::Sqlite(conn) => {
                let committed = conn.spawn_blocking(AnsiTransactionManager::commit_transaction);
                committed.await?;
            }
        }
        Ok(())
    }

    async fn rollback(&mut self) -> Result<(), DbError> {
        match self {
            Self::Pg(conn) => rollback(conn).await?,
            Self::Sqlite(conn) => {
                let rolled_back = conn.spawn_blocking(AnsiTransactionManager::rollback_transaction);
                rolled_back.await?;
            }
        }
        Ok(())
    }
}

async fn begin_as(conn: &mut SqliteConn, sql: &'static str) -> diesel::QueryResult<()> {
    conn.spawn_blocking(move |conn| AnsiTransactionManager::begin_transaction_sql(conn, sql))
        .await
}

async fn begin<C: AsyncConnection>(conn: &mut C) -> diesel::QueryResult<()> {
    C::TransactionManager::begin_transaction(conn).await
}

async fn commit<C: AsyncConnection>(conn: &mut C) -> diesel::QueryResult<()> {
    C::TransactionManager::commit_transaction(conn).await
}

async fn rollback<C: AsyncConnection>(conn: &mut C) -> diesel::QueryResult<()> {
    C::TransactionManager::rollback_transaction(conn).await
}
