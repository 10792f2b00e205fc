//! `artists`: who may use the platform.

mod erase;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail, ensure};
use db::Db;
use models::tokens::Token;
use models::{ArtistId, TokenId, accounts, tokens};
use queue::{Clock, SystemClock};

use crate::args::ArtistsVerb;
use crate::platform::{database, settings};

/// Runs a verb on the database that the settings name.
pub async fn run(file: Option<&Path>, verb: ArtistsVerb) -> anyhow::Result<ExitCode> {
    let config = settings(file)?;
    if let ArtistsVerb::Erase(args) = verb {
        return erase::run(config, args).await;
    }
    let pool = database(&config).await?;
    let now = SystemClock::new().now();
    match verb {
        ArtistsVerb::Ls => {
            let mut db = pool.get().await?;
            for artist in accounts::all(&mut db).await? {
                say!("{}  {}  {}", artist.id, artist.created_at, artist.name);
            }
        }
        ArtistsVerb::Add { name } => {
            ensure!(!name.trim().is_empty(), "the name must not be empty");
            let (artist, token) = pool
                .tx(move |db| Box::pin(async move { accounts::create(db, name.trim(), now).await }))
                .await?;
            say!("{}  {}", artist.id, artist.name);
            shown_once(&token);
        }
        ArtistsVerb::Tokens { artist } => {
            let mut db = pool.get().await?;
            let artist = known(&mut db, ArtistId(artist)).await?;
            for token in tokens::list(&mut db, artist).await? {
                let revoked = token
                    .revoked_at
                    .map_or("in force".to_owned(), |at| format!("revoked {at}"));
                say!(
                    "{}  {}  {revoked}  {}",
                    token.id,
                    token.created_at,
                    token.name
                );
            }
        }
        ArtistsVerb::AddToken { artist, name } => {
            let mut db = pool.get().await?;
            let artist = known(&mut db, ArtistId(artist)).await?;
            let (id, token) = tokens::create(&mut db, artist, &name, now).await?;
            say!("{id}  {name}");
            shown_once(&token);
        }
        ArtistsVerb::RevokeToken { artist, token } => {
            let mut db = pool.get().await?;
            if !tokens::revoke(&mut db, ArtistId(artist), TokenId(token), now).await? {
                bail!("artist {artist} has no token {token} in force");
            }
            say!("{token} is revoked.");
        }
        ArtistsVerb::Erase(_) => {}
    }
    Ok(ExitCode::SUCCESS)
}

async fn known(db: &mut Db, artist: ArtistId) -> anyhow::Result<ArtistId> {
    let row = accounts::find(db, artist).await?;
    let row = row.with_context(|| format!("there is no artist {artist}"))?;
    Ok(row.id)
}

fn shown_once(token: &Token) {
    say!("{}", token.expose());
    say!("This token is shown once and can't be shown again.");
}
