//! What a tenant waits behind others' backlogs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use queue::apalis::Backend;
use queue::{Context, Contract as _, Outcome};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::noop::{Noop, noop};
use crate::stage::Stage;
use crate::{BenchError, Figure, Settings};

/// One tenant has a backlog; every other has one job each, stored after it. The figure is how long
/// each of those waited from the start of the drain.
pub async fn run(stage: &Stage, settings: &Settings) -> Result<Vec<Figure>, BenchError> {
    let busy = Uuid::from_u128(1);
    stage
        .fill(settings.backlog, |job, _| job.tenant(busy))
        .await?;
    let tenants = settings.tenants.max(1);
    stage
        .fill(tenants, |job, number| {
            job.tenant(Uuid::from_u128(2 + u128::from(number)))
        })
        .await?;
    let begun: Arc<Mutex<HashMap<Uuid, Instant>>> = Arc::default();
    let all = Arc::new(Notify::new());
    let handle = stage.queue.register("bench", [Noop::QUEUE]).await?;
    let body = {
        let (begun, all) = (Arc::clone(&begun), Arc::clone(&all));
        move |cx: Context| {
            let tenant = cx.job().tenant_id.filter(|tenant| *tenant != busy);
            if let Some(tenant) = tenant {
                let mut begun = begun.lock().unwrap_or_else(PoisonError::into_inner);
                begun.entry(tenant).or_insert_with(Instant::now);
                if begun.len() as u64 == tenants {
                    all.notify_one();
                }
            }
            async { Outcome::Done(serde_json::Value::Null) }
        }
    };
    let started = Instant::now();
    let backend = Backend::new(&handle, Noop::QUEUE, settings.concurrency);
    let worker = tokio::spawn(backend.run(body));
    all.notified().await;
    let took = started.elapsed();
    let newcomer = newcomer(stage, settings, &begun).await?;
    handle.shutdown(Duration::from_mins(1)).await?;
    if let Ok(ended) = worker.await {
        ended?;
    }
    let waits: Vec<Duration> = begun
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .values()
        .map(|at| at.saturating_duration_since(started))
        .collect();
    let words = format!(
        "concurrency={} backlog={} tenants={tenants}",
        settings.concurrency, settings.backlog
    );
    let each = Figure::new("fairness", stage.store, words.clone(), tenants, took);
    let single = Figure::new("fairness-newcomer", stage.store, words, 1, newcomer);
    Ok(vec![
        each.with_waits(waits),
        single.with_waits(vec![newcomer]),
    ])
}

/// A tenant that comes while the backlog is drained: from its enqueue to the start of its body.
async fn newcomer(
    stage: &Stage,
    settings: &Settings,
    begun: &Mutex<HashMap<Uuid, Instant>>,
) -> Result<Duration, BenchError> {
    let tenant = Uuid::from_u128(u128::MAX);
    let started = Instant::now();
    let id = stage
        .queue
        .enqueue(noop(settings.jobs)?.tenant(tenant))
        .await?
        .id;
    let mut watch = stage.queue.watch(id);
    loop {
        let found = begun
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&tenant)
            .copied();
        if let Some(at) = found {
            return Ok(at.saturating_duration_since(started));
        }
        watch.changed().await;
    }
}
