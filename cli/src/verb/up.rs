//! `up`: every role in one process.

use std::net::SocketAddr;
use std::path::Path;

use crate::owner::Owner;
use crate::platform::{Platform, settings};
use crate::{owner, stop, telemetry, verb};

/// Runs until a signal.
pub async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = settings(file)?;
    telemetry::log(&config)?;
    let metrics = telemetry::metrics()?;
    db::migrate(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let owner = owner::ensure(&platform).await?;
    let stop = stop::on_signal()?;

    let server = verb::intake::listen(&platform, metrics)?;
    let address = server.address()?;
    let workers = platform.workers(&platform.config.workers.queues).await?;
    welcome(address, &owner, &platform);

    let intake = async {
        let ended = server.run(stop.clone()).await;
        stop.cancel();
        ended
    };
    // At once: while the intake lets open requests end, no worker claims one more job.
    let working = async {
        stop.cancelled().await;
        workers.stop().await
    };
    let (ended, stopped) = tokio::join!(intake, working);
    stopped?;
    Ok(ended?)
}

fn welcome(address: SocketAddr, owner: &Owner, platform: &Platform) {
    let file = owner::token_file(&platform.config.data.dir);
    let file = file.display();
    say!("Max Booster is up at http://{address}/");
    say!();
    match owner {
        Owner::Made(token) => {
            let token = token.expose();
            say!("Your token, shown this once and kept in {file}:");
            say!("  {token}");
            say!();
            say!("Try it in the browser:");
            say!("  http://{address}/#token={token}");
        }
        Owner::There => say!("Your token is in {file}."),
        Owner::Erased => {
            say!("The first artist was erased. `maxbooster artists add NAME` adds another.");
        }
    }
    say!();
    say!("Or from a shell:");
    if !matches!(owner, Owner::Erased) {
        say!("  TOKEN=$(cat {file})");
    }
    say!(
        "  curl -H \"Authorization: Bearer $TOKEN\" --data-binary @song.wav 'http://{address}/v1/tracks?filename=song.wav'"
    );
    say!("  maxbooster master song.wav -o master.wav --target spotify");
    say!();
    say!("The API is described at http://{address}/docs/ and Ctrl-C stops everything.");
}
