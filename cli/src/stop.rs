//! Turns SIGINT and SIGTERM into an orderly stop, and the second one into a quick one.

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// A token that fires on the first signal. The second signal ends the process at once; whatever
/// runs is taken up again after the next start.
pub fn on_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let fire = token.clone();
    tokio::spawn(async move {
        for first in [true, false] {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if !first {
                std::process::exit(130);
            }
            tracing::info!("stopping; once more to stop at once");
            fire.cancel();
        }
    });
    Ok(token)
}
