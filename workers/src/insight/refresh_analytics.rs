//! `refresh_analytics`: computes anew what is told of an artist's metrics. A refresh that began
//! later is never replaced by one that began earlier.

use jobs::{RefreshAnalytics, RefreshAnalyticsOutput};
use ml::analytics::{Computed, DailySeries, compute};
use ml::{Control, MlError};
use models::analytics::{self, ResultRow};
use models::metrics::{self, Key};
use models::{ArtistId, JobId};
use queue::{Context, Fault, LogLevel, QueueError};

use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::owned;

/// Rows that are read at a time.
const PAGE: i64 = 20_000;
/// Values that are looked at, at most: 16 bytes each.
const MOST_VALUES: usize = 4_000_000;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: RefreshAnalytics,
) -> Result<RefreshAnalyticsOutput, Ending> {
    let artist = payload.artist_id;
    owned(&context, artist)?;
    let number = begin(&context, artist).await?;
    context.progress(0.0, "reading");
    let series = read(&environment, artist).await?;
    let count = series.len() as u64;
    let today = environment.queue.now().utc().date_naive();
    let mut watch = Watch(context.clone());
    let computed = tokio::task::spawn_blocking(move || compute(&series, today, &mut watch));
    let computed = computed.await.map_err(Ending::died)?.map_err(failed)?;
    let results = keep(&environment, &context, artist, number, computed).await?;
    let said = match results {
        0 => "a refresh that began later has kept its results".to_owned(),
        results => format!("{results} results of {count} series"),
    };
    context.log(LogLevel::Info, said);
    Ok(RefreshAnalyticsOutput {
        series: count,
        results,
    })
}

/// Takes a number before the first row is read: whoever changes a row from now on asks for another
/// refresh.
async fn begin(context: &Context, artist: ArtistId) -> Result<i64, QueueError> {
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                metrics::lock(tx.db(), artist).await?;
                Ok::<_, QueueError>(analytics::begin(tx.db(), artist).await?)
            })
        })
        .await
}

/// All series of the artist's, page by page.
async fn read(environment: &Environment, artist: ArtistId) -> Result<Vec<DailySeries>, Ending> {
    let (mut all, mut days, mut count) = (Vec::new(), Vec::new(), 0);
    let mut after: Option<Key> = None;
    loop {
        let page = {
            let mut db = environment.pool.get().await?;
            metrics::scan(&mut db, artist, after.as_ref(), PAGE).await?
        };
        count += page.len();
        if count > MOST_VALUES {
            let rule = format!("an artist's analytics take at most {MOST_VALUES} values");
            return Err(Fault::permanent("too_many_metrics", rule).into());
        }
        if page.is_empty() {
            all.extend(series(after.as_ref(), &days));
            return Ok(all);
        }
        for row in page {
            let key = row.key();
            let same = after.as_ref().is_some_and(|before| {
                (&before.metric, &before.source, &before.track)
                    == (&key.metric, &key.source, &key.track)
            });
            if !same {
                all.extend(series(after.as_ref(), &days));
                days.clear();
            }
            days.push((key.day, row.value));
            after = Some(key);
        }
    }
}

fn series(key: Option<&Key>, days: &[(chrono::NaiveDate, f64)]) -> Option<DailySeries> {
    let key = key?;
    DailySeries::new(&key.metric, &key.source, &key.track, days)
}

/// Keeps the results, and says how many; 0 where a refresh that began later has kept its own.
async fn keep(
    environment: &Environment,
    context: &Context,
    artist: ArtistId,
    number: i64,
    computed: Vec<Computed>,
) -> Result<u64, QueueError> {
    let rows: Vec<ResultRow> = computed.into_iter().map(row).collect();
    let (count, now) = (rows.len() as u64, environment.queue.now());
    let job: JobId = context.job().id.uuid().into();
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let kept = analytics::keep(tx.db(), artist, number, rows, now, job).await?;
                Ok::<_, QueueError>(if kept { count } else { 0 })
            })
        })
        .await
}

fn row(computed: Computed) -> ResultRow {
    let subject = computed
        .about
        .map(|about| analytics::subject(&about.metric, &about.source, &about.track));
    ResultRow {
        kind: computed.kind.to_owned(),
        subject: subject.unwrap_or_default(),
        result: computed.result,
    }
}

/// Tells the job how far the computation is, and the computation when the job is to stop.
struct Watch(Context);

impl Control for Watch {
    fn progress(&mut self, fraction: f64) {
        #[expect(clippy::cast_possible_truncation, reason = "a share of one")]
        self.0.progress(fraction as f32, "computing");
    }

    fn cancelled(&self) -> bool {
        self.0.cancelled().is_cancelled()
    }
}

fn failed(error: MlError) -> Ending {
    match error {
        MlError::Cancelled => Ending::cancelled("stopped while it ran"),
        error => Fault::permanent(error.code(), error).into(),
    }
}
