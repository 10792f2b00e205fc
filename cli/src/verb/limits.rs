//! `limits`: what keys may do.

use std::path::Path;
use std::process::ExitCode;

use queue::{Limit, Queue, QueueError, Rate};
use serde_json::{json, to_value};

use crate::answer::{done, lines, no_such, refused};
use crate::args::{By, LimitsVerb};
use crate::desk::{self, actor};
use crate::table::Table;

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: LimitsVerb) -> anyhow::Result<ExitCode> {
    let desk = desk::queue(file).await?;
    match verb {
        LimitsVerb::Ls { json } => ls(&desk, json).await,
        LimitsVerb::Set {
            name,
            running: max_running,
            rate,
            burst,
            by,
        } => {
            let rate = rate.map(|(count, period_seconds)| Rate {
                count,
                period_seconds,
                burst,
            });
            let limit = Limit {
                name,
                max_running,
                rate,
            };
            set(&desk, limit, &by).await
        }
        LimitsVerb::Rm { name, by } => rm(&desk, &name, &by).await,
    }
}

async fn ls(queue: &Queue, as_json: bool) -> anyhow::Result<ExitCode> {
    let limits = queue.limits().await?;
    if as_json {
        lines(&limits)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["name", "running", "rate", "burst"]);
    let dash = || "-".to_owned();
    for limit in limits {
        let rate = |rate: Rate| format!("{}/{} s", rate.count, rate.period_seconds);
        table.row([
            limit.name,
            limit.max_running.map_or_else(dash, |most| most.to_string()),
            limit.rate.map_or_else(dash, rate),
            limit.rate.map_or_else(dash, |rate| rate.burst.to_string()),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}

async fn set(queue: &Queue, limit: Limit, by: &By) -> anyhow::Result<ExitCode> {
    let told = to_value(&limit)?;
    let words = format!("Each key of {} is limited.", limit.name);
    match queue.put_limit(actor(by), limit).await {
        Ok(()) => Ok(done(by.json, &words, &told)),
        Err(error @ QueueError::InvalidLimit { .. }) => {
            Ok(refused(by.json, error.code(), &error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn rm(queue: &Queue, name: &str, by: &By) -> anyhow::Result<ExitCode> {
    if !queue.delete_limit(actor(by), name).await? {
        return Ok(no_such(by.json, "limit", name));
    }
    let words = format!("Keys of {name} are limited no more.");
    Ok(done(by.json, &words, &json!({ "deleted": name })))
}
