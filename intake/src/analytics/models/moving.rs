//! Moves the champion of a model: the version is loaded first as if to answer by it, and the alias
//! is moved only from where the caller thinks it is.

use ::jobs::RefreshAnalytics;
use ::jobs::insight::Refusal;
use ::models::ArtistId;
use ::models::registry::{self, Act, Alias, Move, VersionRow};
use actix_web::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::show::whole;
use super::view::WholeModel;
use crate::app::App;
use crate::body::json;
use crate::error::Problem;

/// Most characters of a reason.
const LONGEST_WHY: usize = 500;

/// What a move may say of itself.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Because {
    /// The version that is champion as far as the caller knows: when another is, nothing is done.
    /// Send it, and a repeated request does nothing again.
    #[serde(default)]
    pub champion: Option<String>,
    /// Why, for the record: at most 500 characters.
    #[serde(default)]
    pub why: Option<String>,
}

/// A body that may be left out.
pub fn optional<T: serde::de::DeserializeOwned + Default>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Ok(T::default());
    }
    json(body)
}

/// The champion of the artist's own model; 404 without one, 409 `alias_moved` when it is not the
/// one that the caller thinks it is.
pub async fn champion(
    app: &App,
    artist: ArtistId,
    model: &str,
    because: &Because,
) -> Result<VersionRow, Problem> {
    let mut db = app.pool.get().await?;
    let found = registry::holder(&mut db, artist, model, Alias::Champion).await?;
    let found = found.ok_or_else(|| Problem::not_found("model"))?;
    match &because.champion {
        Some(thought) if *thought != found.version => Err(elsewhere()),
        _ => Ok(found),
    }
}

/// Makes `to` the champion in the place of `from`, and shows the model.
pub async fn moved(
    app: &App,
    from: VersionRow,
    to: String,
    act: Act,
    because: Because,
) -> Result<WholeModel, Problem> {
    let (artist, model, task) = (from.artist_id, from.model, from.task);
    let why = because.why.unwrap_or_else(|| "asked for".to_owned());
    if why.chars().count() > LONGEST_WHY {
        let rule = format!("why must have at most {LONGEST_WHY} characters.");
        return Err(Problem::invalid("why", "out_of_range", rule));
    }
    if to == from.version {
        return whole(app, artist, &model).await;
    }
    app.insight
        .check(artist, &model, &to)
        .await
        .map_err(not_servable)?;
    let wanted = Move {
        artist_id: artist,
        model: model.clone(),
        alias: Alias::Champion,
        act,
        from: Some(from.version),
        to,
        actor: "artist".to_owned(),
        why,
        evidence: None,
    };
    let now = app.queue.now();
    let moved = app.queue.transaction(move |tx| {
        Box::pin(async move {
            let moved = registry::move_alias(tx.db(), &wanted, now).await?;
            if moved.is_some() {
                RefreshAnalytics::follow_champion(tx, artist, task).await?;
            }
            Ok::<_, Problem>(moved)
        })
    });
    if moved.await?.is_none() {
        return Err(elsewhere());
    }
    app.insight.alias_moved(artist, &model);
    whole(app, artist, &model).await
}

/// 409: the champion stays, because the other can't serve.
fn not_servable(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Unservable { code, message } => {
            tracing::error!(code, %message, "a version of a model can't serve");
            Problem::new(
                StatusCode::CONFLICT,
                code,
                "The version is not what it was when it was made. The champion stays.",
            )
        }
        other => other.into(),
    }
}

fn elsewhere() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "alias_moved",
        "Another version is the champion by now. Look at the model again.",
    )
}
