//! `artists erase`: an artist is forgotten.

use std::process::ExitCode;
use std::time::Duration;

use config::Config;
use jobs::erasing::{Eraser, Holdings, NotErased, Wish};
use models::accounts::{self, OWNER};
use models::{ArtistId, erasing};
use serde_json::json;

use crate::answer::{done, refused};
use crate::args::EraseArgs;
use crate::desk::actor;
use crate::owner;
use crate::platform::Platform;
use crate::verb::intake::up_to_date;

/// Says what would go, or erases it.
pub async fn run(config: Config, args: EraseArgs) -> anyhow::Result<ExitCode> {
    // A newer table would be left out.
    up_to_date(config.database_url().expose()).await?;
    let platform = Platform::open(config).await?;
    let as_json = args.by.json;
    let not = |error: &NotErased| {
        let hint = match error {
            NotErased::EffectsUnsettled(_) => {
                " (`maxbooster effects resolve JOB KEY`, or --abandon-effects)"
            }
            _ => "",
        };
        refused(as_json, error.code(), &format!("{error}{hint}"))
    };
    let artist = match &named(&platform, &args.artist).await?[..] {
        [] => return Ok(not(&NotErased::NotFound)),
        [one] => *one,
        several => {
            let ids: Vec<_> = several.iter().map(ToString::to_string).collect();
            let words = format!(
                "several artists are called {}; name one by its id: {}",
                args.artist,
                ids.join(", ")
            );
            return Ok(refused(as_json, "ambiguous_name", &words));
        }
    };
    let desk = platform.eraser();
    if !args.yes {
        return Ok(match desk.holdings(artist).await {
            Ok(holdings) => {
                let value = json!({ "would_erase": holdings });
                done(as_json, &would(&holdings), &value)
            }
            Err(error) => not(&error),
        });
    }
    let wish = Wish {
        abandon_effects: args.abandon_effects,
        wait: Duration::from_secs(args.wait),
    };
    let told = |step: workers::Step| eprintln!("{}", step.words());
    let erased = desk.erase_telling(artist, actor(&args.by), wish, told);
    Ok(match erased.await {
        Ok(erased) => {
            if artist == OWNER {
                owner::forget(&platform.config.data.dir)?;
            }
            let words = format!("{artist} is erased.\n{}", listed(&erased.counts));
            done(as_json, &words, &json!({ "erased": erased }))
        }
        Err(error) => not(&error),
    })
}

/// The artists that an id or a name names.
async fn named(platform: &Platform, artist: &str) -> anyhow::Result<Vec<ArtistId>> {
    if let Ok(id) = artist.parse() {
        // Its row may be gone already: an erasing that was stopped goes on.
        return Ok(vec![id]);
    }
    let mut db = platform.pool.get().await?;
    let found = accounts::named(&mut db, artist).await?;
    Ok(found.into_iter().map(|artist| artist.id).collect())
}

fn would(holdings: &Holdings) -> String {
    let mut counts = holdings.rows.clone();
    for (word, count) in [
        ("queue_jobs", holdings.jobs),
        ("queue_schedules", holdings.schedules),
        ("queue_acts", holdings.acts),
        ("objects", holdings.objects),
        ("bytes", holdings.bytes),
    ] {
        counts.insert(word.to_owned(), count);
    }
    let name = holdings.name.as_deref().unwrap_or("erased in part");
    let mut lines = vec![format!("{} ({name})", holdings.artist_id), listed(&counts)];
    let unsettled = holdings.unsettled_effects.iter();
    lines.extend(unsettled.map(|effect| {
        let (key, job) = (&effect.key, effect.job_id);
        format!("nobody knows whether `{key}` of job {job} happened")
    }));
    lines.push("Nothing was changed; --yes erases it for good.".to_owned());
    lines.join("\n")
}

fn listed(counts: &erasing::Counts) -> String {
    let counts = counts.iter().filter(|(_, count)| **count > 0);
    let lines: Vec<_> = counts
        .map(|(word, count)| format!("{count:>12}  {word}"))
        .collect();
    lines.join("\n")
}
