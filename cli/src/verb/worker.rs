//! `worker`: workers alone.

use std::collections::BTreeMap;
use std::path::Path;

use crate::args::WorkerArgs;
use crate::platform::{Platform, settings};
use crate::verb::intake::up_to_date;
use crate::{stop, telemetry};

/// Runs until a signal, then lets running jobs end within the grace period.
pub async fn run(file: Option<&Path>, args: &WorkerArgs) -> anyhow::Result<()> {
    let config = settings(file)?;
    telemetry::log(&config)?;
    up_to_date(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let queues: BTreeMap<_, _> = if args.queues.is_empty() {
        platform.config.workers.queues.clone()
    } else {
        args.queues.iter().cloned().collect()
    };
    let stop = stop::on_signal()?;

    let workers = platform.workers(&queues).await?;
    say!("The worker is up for {}.", names(&queues));
    stop.cancelled().await;
    workers.stop().await?;
    Ok(())
}

fn names(queues: &BTreeMap<String, u32>) -> String {
    queues.keys().cloned().collect::<Vec<_>>().join(", ")
}
