//! A database with its history, a world outside, and what must be true of both in the end.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use db::{Db, Kind as Store, Pool, PoolOptions};
use queue::{
    Actor, CatchUp, Contract, Enqueued, Filter, JobId, NewJob, NewSchedule, Options, Page, Queue,
    QueueError, Resolution, Retried, ScheduleId, Scope, State,
};
use serde_json::json;
use support::chaos::{Deed, Kind, Outside};
use support::history::{self, Laws};

use crate::crew::Crew;

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

pub struct Scene {
    pub store: Store,
    pub url: String,
    pub queue: Queue,
    pub outside: Outside,
    /// Enqueues that were answered well.
    pub accepted: BTreeSet<JobId>,
    _folder: Option<tempfile::TempDir>,
}

impl Scene {
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("queue.db").display());
        db::migrate(&url).await.unwrap();
        Self::on(Store::Sqlite, url, Some(folder)).await
    }

    pub async fn postgres() -> Self {
        Self::on(Store::Postgres, support::postgres::database().await, None).await
    }

    pub async fn on(store: Store, url: String, folder: Option<tempfile::TempDir>) -> Self {
        let pool = Pool::connect(&url, PoolOptions::default()).await.unwrap();
        history::install(&mut pool.get().await.unwrap()).await;
        let queue = Queue::start(pool, Options::default()).await.unwrap();
        Self {
            store,
            url,
            queue,
            outside: Outside::open(),
            accepted: BTreeSet::new(),
            _folder: folder,
        }
    }

    /// Processes that work here.
    pub fn crew(&self) -> Crew {
        Crew::default()
            .with("URL", &self.url)
            .with("OUTSIDE", self.outside.address())
    }

    /// Enqueues one; what is not answered well is not accepted, and may be there all the same.
    pub async fn try_enqueue<C: Contract>(&mut self, contract: &C) -> Result<JobId, QueueError> {
        let Enqueued { id, .. } = self.queue.enqueue(NewJob::of(contract)?).await?;
        self.accepted.insert(id);
        Ok(id)
    }

    pub async fn enqueue(&mut self, kind: Kind) -> JobId {
        self.try_enqueue(&Deed { kind }).await.unwrap()
    }

    pub async fn enqueue_many(&mut self, kind: Kind, count: usize) {
        for _ in 0..count.div_ceil(1000) {
            let jobs = (0..count.min(1000)).map(|_| NewJob::of(&Deed { kind }).unwrap());
            let enqueued = self.queue.enqueue_many(jobs).await.unwrap();
            self.accepted.extend(enqueued.iter().map(|one| one.id));
        }
    }

    /// Puts a schedule that ticks every second.
    pub async fn tick_every_second(&self, catch_up: CatchUp) -> ScheduleId {
        let kind = Kind::Nothing;
        let schedule = NewSchedule::of("every second", &Deed { kind }, "* * * * * *", "UTC");
        let schedule = schedule.unwrap().catch_up(catch_up);
        let put = self.queue.put_schedule(Scope::Operator, schedule).await;
        put.unwrap().id
    }

    /// Lets a schedule tick no more.
    pub async fn pause(&self, schedule: ScheduleId) {
        let paused = self.queue.pause_schedule(Scope::Operator, schedule).await;
        assert!(paused.unwrap().is_some());
    }

    /// How many jobs are not at their end; errors of a database that is away are waited out.
    pub async fn unfinished(&self) -> usize {
        loop {
            let depths = self.count_unfinished().await;
            match depths {
                Ok(count) => return count,
                Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
            }
        }
    }

    async fn count_unfinished(&self) -> Result<usize, QueueError> {
        #[derive(diesel::QueryableByName)]
        struct Count {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            count: i64,
        }
        let sql = "SELECT count(*) AS count FROM queue_jobs WHERE finished_at IS NULL";
        let query = diesel::sql_query(sql);
        let mut db = self.queue.pool().get().await?;
        let found: Result<Count, _> =
            db::on!(&mut *db, conn => diesel_async::RunQueryDsl::get_result(query, conn).await);
        Ok(usize::try_from(found?.count).unwrap())
    }

    /// Waits until every job is at its end.
    pub async fn all_ended(&self) {
        let began = Instant::now();
        loop {
            let left = self.unfinished().await;
            if left == 0 {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "{left} never end");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// What a person does once no process can have a request on its way: says of each ambiguous
    /// effect what is true, and retries its job. Answers how many there were.
    pub async fn settle(&self) -> usize {
        let page = Page {
            after: None,
            limit: 1000,
        };
        let waiting = self.queue.ambiguous_effects(Scope::Operator, page).await;
        let waiting = waiting.unwrap();
        for effect in &waiting {
            let found = if self.outside.happened(&effect.token) {
                Resolution::Happened(json!(1))
            } else {
                Resolution::NotHappened
            };
            let place = (effect.job_id, effect.key.as_str());
            let resolved = self
                .queue
                .resolve_effect(Actor::operator("nina"), place, found, "");
            resolved.await.unwrap();
            let retried = self.queue.retry(Scope::Operator, effect.job_id).await;
            assert_eq!(retried.unwrap(), Retried::Done);
        }
        waiting.len()
    }

    pub async fn history(&self) -> Laws {
        let mut laws = Laws::default();
        let mut db: Db = self.queue.pool().dedicated().await.unwrap();
        laws.judge(history::read(&mut db, 0).await);
        laws
    }

    /// Judges everything, and prints the figures: every accepted job is there and done, the laws
    /// held of every change of every row, and no effect happened twice.
    pub async fn judge(&self) -> Laws {
        let mut laws = self.history().await;
        laws.at_the_end();
        let state = |id: &JobId| {
            let known = laws.job(&id.uuid().simple().to_string());
            known.map(|job| job.state.clone())
        };
        let states: Vec<_> = self.accepted.iter().map(|id| (id, state(id))).collect();
        let lost = states.iter().filter(|(_, state)| state.is_none()).count();
        let other: Vec<_> = states
            .iter()
            .filter(|(_, state)| state.as_deref() != Some("done"))
            .collect();
        let (effects, doubled) = self.outside.effects();
        println!(
            "{}: {} accepted, {lost} lost, {} not done; {effects} effects, {} doubled; {} breaches; {} refusals, {} asked",
            self.store,
            states.len(),
            other.len(),
            doubled.len(),
            laws.breaches.len(),
            self.outside.noted("refused"),
            self.outside.noted("asked"),
        );
        for (what, count) in &laws.counts {
            println!("{count:>9} {what}");
        }
        assert!(laws.breaches.is_empty(), "{:#?}", laws.breaches);
        assert!(doubled.is_empty(), "{doubled:#?}");
        assert!(other.is_empty(), "{other:?}");
        laws
    }

    /// The jobs in one state.
    pub async fn jobs_in(&self, state: State) -> Vec<queue::Job> {
        let filter = Filter {
            state: Some(state),
            ..Filter::default()
        };
        let page = Page {
            after: None,
            limit: 1000,
        };
        self.queue
            .jobs(Scope::Operator, &filter, page)
            .await
            .unwrap()
    }
}
