//! `acts`: what people did.

use std::path::Path;
use std::process::ExitCode;

use queue::{ActFilter, Page};

use crate::answer::lines;
use crate::args::{ActsVerb, List};
use crate::desk;
use crate::table::{Table, time};

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: ActsVerb) -> anyhow::Result<ExitCode> {
    let ActsVerb::Ls {
        actor,
        act,
        target,
        list,
    } = verb;
    let filter = ActFilter { actor, act, target };
    ls(file, &filter, list).await
}

async fn ls(file: Option<&Path>, filter: &ActFilter, list: List) -> anyhow::Result<ExitCode> {
    let page = Page {
        after: None,
        limit: list.limit,
    };
    let acts = desk::queue(file).await?.acts(filter, page).await?;
    if list.json {
        lines(&acts)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(["at", "actor", "act", "on", "which", "details"]);
    for act in acts {
        table.row([
            time(Some(act.at)),
            act.actor,
            act.act,
            act.target_kind,
            act.target,
            act.details.to_string(),
        ]);
    }
    table.print();
    Ok(ExitCode::SUCCESS)
}
