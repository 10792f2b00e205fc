//! `bench`: measures the platform's parts on this machine.

mod master;
mod queue;

use crate::args::BenchVerb;

/// Measures one part.
pub async fn run(verb: BenchVerb) -> anyhow::Result<()> {
    match verb {
        BenchVerb::Queue(args) => queue::run(args).await,
        BenchVerb::Master(args) => tokio::task::spawn_blocking(move || master::run(&args)).await?,
    }
}
