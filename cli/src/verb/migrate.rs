//! `migrate`: the database's schema.

use std::path::Path;

use crate::platform::settings;

/// Runs what is missing. Safe to run from several places at once.
pub async fn run(file: Option<&Path>) -> anyhow::Result<()> {
    let config = settings(file)?;
    let done = db::migrate(config.database_url().expose()).await?;
    for migration in &done {
        say!("{migration}");
    }
    say!("The database is up to date.");
    Ok(())
}
