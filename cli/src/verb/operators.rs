//! `operators`: who may use /v1/admin.

use std::path::Path;

use anyhow::{bail, ensure};
use db::DbError;
use models::operators;
use queue::{Clock, SystemClock};
use serde_json::json;

use crate::args::OperatorsVerb;
use crate::platform::{database, settings};
use crate::table::{Table, time};

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: OperatorsVerb) -> anyhow::Result<()> {
    let config = settings(file)?;
    let pool = database(&config).await?;
    let now = SystemClock::new().now();
    let mut db = pool.writer().await?;
    match verb {
        OperatorsVerb::Ls { json } => ls(operators::all(&mut db).await?, json),
        OperatorsVerb::Add { name } => {
            let name = name.trim();
            let length = name.chars().count();
            ensure!(
                (1..=200).contains(&length),
                "the name must be 1 to 200 characters"
            );
            let token = match operators::create(&mut db, name, now).await {
                Err(error) if taken(&error) => bail!("there is an operator {name} already"),
                added => added?,
            };
            say!("{name}");
            say!("{}", token.expose());
            say!("This token is shown once and can't be shown again.");
        }
        OperatorsVerb::Revoke { name } => {
            if !operators::revoke(&mut db, &name, now).await? {
                bail!("there is no operator {name} with a token in force");
            }
            say!("The token of {name} is revoked.");
        }
    }
    Ok(())
}

/// PostgreSQL names the index, SQLite the column.
fn taken(error: &DbError) -> bool {
    error.is_unique("operators_name") || error.is_unique("operators.name")
}

fn ls(rows: Vec<operators::OperatorRow>, as_json: bool) {
    let mut table = Table::new(["name", "since", "token"]);
    for row in rows {
        if as_json {
            let row = json!({
                "name": row.name, "created_at": row.created_at, "revoked_at": row.revoked_at,
            });
            say!("{row}");
            continue;
        }
        let token = row.revoked_at.map_or("in force".to_owned(), |at| {
            format!("revoked {}", time(Some(at)))
        });
        table.row([row.name, time(Some(row.created_at)), token]);
    }
    if !as_json {
        table.print();
    }
}
