//! `refresh_analytics`: computes anew what is told of an artist's metrics. A refresh that began
//! later is never replaced by one that began earlier.

use db::Time;
use jobs::{RefreshAnalytics, RefreshAnalyticsOutput};
use ml::MlError;
use ml::analytics::{Computed, Given, compute};
use models::analytics::{self, ResultRow};
use models::{ArtistId, JobId, metrics};
use queue::{Context, Fault, LogLevel, QueueError};

use super::watch::Watch;
use super::{champion, daily, measured};
use crate::ending::Ending;
use crate::environment::Environment;
use crate::studio::rows::owned;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: RefreshAnalytics,
) -> Result<RefreshAnalyticsOutput, Ending> {
    let artist = payload.artist_id;
    owned(&context, artist)?;
    let number = begin(&context, artist, environment.queue.now()).await?;
    context.progress(0.0, "reading");
    let series = daily::read(&environment, artist).await?;
    let count = series.len() as u64;
    if count == 0 && forgotten(&context, artist).await? {
        context.log(LogLevel::Info, "there are no metrics any more");
        return Ok(RefreshAnalyticsOutput {
            series: 0,
            results: 0,
        });
    }
    let today = environment.queue.now().utc().date_naive();
    let own = champion::own(&environment, &context, artist).await?;
    let mut watch = Watch::new(context.clone(), "computing");
    let tracks = measured::tracks(&environment, artist).await?;
    let computed = tokio::task::spawn_blocking(move || {
        let given = Given {
            series: &series,
            today,
            own: &own,
            tracks: &tracks,
        };
        compute(&given, &mut watch)
    });
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
async fn begin(context: &Context, artist: ArtistId, now: Time) -> Result<i64, QueueError> {
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                metrics::lock(tx.db(), artist).await?;
                Ok::<_, QueueError>(analytics::begin(tx.db(), artist, now).await?)
            })
        })
        .await
}

/// Nothing is told of metrics that were erased, not even that there are too few. False: there are
/// some by now.
async fn forgotten(context: &Context, artist: ArtistId) -> Result<bool, QueueError> {
    context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                metrics::lock(tx.db(), artist).await?;
                let none = metrics::scan(tx.db(), artist, None, 1).await?.is_empty();
                if none {
                    analytics::erase(tx.db(), artist).await?;
                }
                Ok::<_, QueueError>(none)
            })
        })
        .await
}

/// Keeps the results, and says how many; 0 where a refresh that began later has kept its own.
async fn keep(
    environment: &Environment,
    context: &Context,
    artist: ArtistId,
    number: i64,
    computed: Vec<Computed>,
) -> Result<u64, Ending> {
    let rows: Vec<ResultRow> = computed.into_iter().map(row).collect();
    let (count, now) = (rows.len() as u64, environment.queue.now());
    let job: JobId = context.job().id.uuid().into();
    let kept = context
        .fenced_tx(move |tx| {
            Box::pin(async move {
                let kept = analytics::keep(tx.db(), artist, number, rows, now, job).await?;
                let erased = analytics::next(tx.db(), artist).await? == analytics::FIRST;
                Ok::<_, QueueError>((kept, erased))
            })
        })
        .await?;
    match kept {
        (true, _) => Ok(count),
        (false, false) => Ok(0),
        // Whoever handed in metrics since may have been told that this job will see them.
        (false, true) => {
            let words = "the metrics were erased while they were looked at";
            Err(Fault::transient("metrics_erased", words).into())
        }
    }
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

fn failed(error: MlError) -> Ending {
    match error {
        MlError::Cancelled => Ending::cancelled("stopped while it ran"),
        error => Fault::permanent(error.code(), error).into(),
    }
}
