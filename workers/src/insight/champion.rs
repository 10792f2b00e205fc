//! The artist's own forecaster for a refresh: the champion that was best on days held out, when it
//! was better there than the statistical methods, was not seen to do worse since, and can serve.

use std::collections::BTreeMap;

use jobs::insight::Refusal;
use ml::analytics::forecaster::{OWA, OWA_OF_STATISTICAL};
use ml::analytics::{Named, Own, Passed};
use models::ArtistId;
use models::registry::{self, Alias, Task, VersionRow};
use queue::{Context, LogLevel};

use super::serving;
use super::upkeep::is_worse_than_methods;
use crate::ending::Ending;
use crate::environment::Environment;

/// Finds it. One that can't serve stops nothing: the next best is asked, and the story tells.
pub async fn own(
    environment: &Environment,
    context: &Context,
    artist: ArtistId,
) -> Result<Own, Ending> {
    let mut passed = None;
    for row in champions(environment, artist).await? {
        let figures = figures(&row);
        if !Own::is_better(&figures) {
            passed.get_or_insert_with(|| pass(&row, "not_better"));
            continue;
        }
        let worse_lately = {
            let mut db = environment.pool.get().await?;
            is_worse_than_methods(&mut db, &row).await?
        };
        if worse_lately {
            passed = Some(pass(&row, "worse_lately"));
            continue;
        }
        match serving::serve(&environment.insight, &row).await {
            Ok(served) => return Ok(Own::Champion(served)),
            Err(refusal) => {
                let code = code(&refusal);
                tracing::error!(code, error = %refusal, "a forecaster can't serve");
                let line = format!(
                    "the champion of {} can't serve ({code}): others forecast in its place",
                    row.model
                );
                context.log(LogLevel::Warn, line);
                passed = Some(pass(&row, code));
            }
        }
    }
    Ok(passed.map_or(Own::None, Own::Passed))
}

/// The champions of the artist's forecasters, the best beside the statistical methods first.
async fn champions(environment: &Environment, artist: ArtistId) -> Result<Vec<VersionRow>, Ending> {
    let mut db = environment.pool.get().await?;
    let mut rows = Vec::new();
    for alias in registry::aliases(&mut db, artist).await? {
        if (alias.task, alias.alias) == (Task::Forecast, Alias::Champion) {
            rows.extend(registry::holder(&mut db, artist, &alias.model, Alias::Champion).await?);
        }
    }
    rows.sort_by(|one, other| ratio(one).total_cmp(&ratio(other)));
    Ok(rows)
}

fn ratio(row: &VersionRow) -> f64 {
    let figures = figures(row);
    let figure = |name: &str| figures.get(name).copied();
    let ratio = figure(OWA).zip(figure(OWA_OF_STATISTICAL));
    ratio.map_or(f64::INFINITY, |(own, other)| own / other)
}

fn figures(row: &VersionRow) -> BTreeMap<String, f64> {
    let figures = row.metadata.0.get("metrics").cloned();
    figures
        .and_then(|figures| serde_json::from_value(figures).ok())
        .unwrap_or_default()
}

fn pass(row: &VersionRow, code: &str) -> Passed {
    Passed {
        named: Named {
            name: row.model.clone(),
            version: row.version.clone(),
        },
        code: code.to_owned(),
    }
}

fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Unservable { code, .. } | Refusal::Broken { code, .. } => code,
        Refusal::NotFound(_) => "not_found",
        Refusal::Unavailable(_) => "unavailable",
        Refusal::Internal(_) => "internal",
    }
}
