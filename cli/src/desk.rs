//! The operator's desk: the queue of the database that the settings name, and who sits at it.

use std::path::Path;

use queue::{Actor, Queue};

use crate::args::By;
use crate::platform;

/// Opens the queue.
pub async fn queue(file: Option<&Path>) -> anyhow::Result<Queue> {
    let config = platform::settings(file)?;
    let pool = platform::database(&config).await?;
    platform::queue(&config, pool, Vec::new()).await
}

/// Who acts: as said, or else whoever is logged in, and where.
pub fn actor(by: &By) -> Actor {
    let name = by.actor.clone().filter(|name| !name.trim().is_empty());
    Actor::operator(&name.unwrap_or_else(whoever))
}

fn whoever() -> String {
    let user = ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok());
    let user = user.unwrap_or_else(|| "operator".to_owned());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname");
    host.map_or(user.clone(), |host| format!("{user}@{}", host.trim()))
}
