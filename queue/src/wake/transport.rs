//! Carrying news to other processes and hearing theirs.

use std::sync::Arc;
use std::time::Duration;

use db::{Kind, Pool};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Local, News, postgres, redis, sqlite};
use crate::QueueError;

/// How long a listener that lost its connection waits before it tries again.
pub(super) const RECONNECT: Duration = Duration::from_millis(500);

/// Tells news. Cloning it shares the listeners.
#[derive(Clone)]
pub(crate) struct Wake {
    local: Arc<Local>,
    /// To the task that tells other processes; none when there is no means.
    out: Option<mpsc::UnboundedSender<News>>,
}

impl Wake {
    /// Tells this process now, and others soon. Never waits.
    pub(crate) fn announce(&self, news: News) {
        if news.is_empty() {
            return;
        }
        self.local.deliver(&news);
        if let Some(out) = &self.out {
            // The receiver goes only when the engine stops.
            let _ = out.send(news);
        }
    }

    /// Who waits in this process.
    pub(crate) fn local(&self) -> &Arc<Local> {
        &self.local
    }
}

/// Starts the listeners and the teller.
pub(crate) fn start(
    pool: &Pool,
    redis_url: Option<&str>,
    stop: &CancellationToken,
) -> Result<Wake, QueueError> {
    let local = Arc::new(Local::default());
    let origin = Uuid::now_v7();
    let redis = redis_url.map(redis::Link::open).transpose()?;
    let spawn = |task: futures::future::BoxFuture<'static, ()>| {
        tokio::spawn(stop.clone().run_until_cancelled_owned(task));
    };
    if let Some(link) = &redis {
        spawn(Box::pin(link.clone().listen(Arc::clone(&local), origin)));
    }
    match pool.kind() {
        Kind::Postgres => {
            spawn(Box::pin(postgres::listen(
                pool.clone(),
                Arc::clone(&local),
                origin,
            )));
        }
        Kind::Sqlite => spawn(Box::pin(sqlite::watch(pool.clone(), Arc::clone(&local)))),
    }
    // Processes on one SQLite file notice each other's commits by themselves.
    let out = (redis.is_some() || pool.kind() == Kind::Postgres).then(|| {
        let (out, news) = mpsc::unbounded_channel();
        spawn(Box::pin(tell(news, pool.clone(), redis, origin)));
        out
    });
    Ok(Wake { local, out })
}

/// Tells other processes. What piles up while one message is on its way goes into the next.
async fn tell(
    mut news: mpsc::UnboundedReceiver<News>,
    pool: Pool,
    redis: Option<redis::Link>,
    origin: Uuid,
) {
    while let Some(mut told) = news.recv().await {
        while let Ok(more) = news.try_recv() {
            told.merge(more);
        }
        told.origin = origin;
        let Ok(text) = serde_json::to_string(&told) else {
            continue;
        };
        if let Some(link) = &redis
            && link.publish(&text).await
        {
            continue;
        }
        postgres::notify(&pool, &text).await;
    }
}

/// Hands a message of another process to the waiting ones of this.
pub(super) fn hear(local: &Local, origin: Uuid, text: &str) {
    match serde_json::from_str::<News>(text) {
        Ok(news) if news.origin == origin => {}
        Ok(news) => local.deliver(&news),
        // A newer program may tell what this one does not know.
        Err(_) => local.deliver_all(),
    }
}
