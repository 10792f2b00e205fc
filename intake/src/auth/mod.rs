//! Who is asking: the artist behind the bearer token, or the operator.

mod operator;

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use models::tokens::{self, Token};
use models::{ArtistId, operators};

use crate::app::App;
use crate::error::Problem;

pub use operator::{Operator, OperatorsOnly};

/// The artist that the request speaks for. Every query of an endpoint is scoped by it.
#[derive(Debug, Clone, Copy)]
pub struct Caller(pub ArtistId);

impl Caller {
    /// The caller's view of the queue: its own jobs and nobody else's.
    pub fn scope(self) -> queue::Scope {
        queue::Scope::Tenant(self.0.uuid())
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let holder = holder(request);
        Box::pin(async move {
            match holder.await? {
                Holder::Artist(artist) => Ok(Self(artist)),
                Holder::Operator(_) => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "artists_only",
                    "This is an artist's own, and the token is an operator's. Operators have /v1/admin.",
                )),
            }
        })
    }
}

/// Whose token it is.
enum Holder {
    Artist(ArtistId),
    /// By name.
    Operator(String),
}

/// Who holds the token that the request carries.
fn holder(request: &HttpRequest) -> impl Future<Output = Result<Holder, Problem>> + use<> {
    let token = bearer(request);
    let app = request.app_data::<Data<App>>().cloned();
    async move {
        let token = token?;
        let app = app.ok_or_else(|| Problem::internal(&"the application data is missing"))?;
        let mut db = app.pool.get().await?;
        if let Some(artist) = tokens::artist_of(&mut db, &token).await? {
            return Ok(Holder::Artist(artist));
        }
        let operator = operators::name_of(&mut db, &token).await?;
        operator
            .map(Holder::Operator)
            .ok_or_else(|| refused("The bearer token is not known, or it was revoked."))
    }
}

fn bearer(request: &HttpRequest) -> Result<Token, Problem> {
    let header = request.headers().get(AUTHORIZATION).ok_or_else(|| {
        refused("Send `Authorization: Bearer <token>`. The first token is printed at the first start and kept in the data folder.")
    })?;
    header
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(|(_, token)| token.trim().parse().ok())
        .ok_or_else(|| refused("The Authorization header must be `Bearer mb_…`."))
}

fn refused(detail: &str) -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorised", detail).field("Authorization")
}
