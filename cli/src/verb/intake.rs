//! `intake`: the HTTP surface alone.

use std::net::ToSocketAddrs;
use std::path::Path;

use anyhow::{Context, ensure};
use intake::Server;
use metrics_exporter_prometheus::PrometheusHandle;

use crate::owner::Owner;
use crate::platform::{Platform, settings};
use crate::{owner, stop, telemetry};

/// Runs until a signal.
pub async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = settings(file)?;
    telemetry::log(&config)?;
    let metrics = telemetry::metrics()?;
    up_to_date(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let owner = owner::ensure(&platform).await?;
    let stop = stop::on_signal()?;

    let server = listen(&platform, metrics)?;
    say!("The intake is up at http://{}/", server.address()?);
    if matches!(owner, Owner::Made(_)) {
        let file = owner::token_file(&platform.config.data.dir);
        say!("The first owner's token is in {}.", file.display());
    }
    let ended = server.run(stop).await;
    Ok(ended?)
}

/// Takes the address that the settings name.
pub fn listen(platform: &Platform, metrics: PrometheusHandle) -> anyhow::Result<Server> {
    let bind = &platform.config.server.bind;
    let address = bind
        .to_socket_addrs()
        .ok()
        .and_then(|mut addresses| addresses.next())
        .with_context(|| format!("server.bind: {bind} names no address"))?;
    Server::bind(platform.intake(metrics), address)
        .with_context(|| format!("{bind} can't be listened on; server.bind sets another address"))
}

/// A role of many must not migrate under the others: it asks to have it done.
pub async fn up_to_date(url: &str) -> anyhow::Result<()> {
    let pending = db::migrations::pending(url).await?;
    ensure!(
        pending.is_empty(),
        "the database lacks {} migrations; run `maxbooster migrate` first",
        pending.len()
    );
    Ok(())
}
