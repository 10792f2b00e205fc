//! Who is asking: the operator behind the bearer token.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use models::{operators, tokens};

use super::{bearer, refused};
use crate::app::App;
use crate::error::Problem;

/// The operator that the request speaks for.
#[derive(Debug, Clone)]
pub struct Operator(String);

impl Operator {
    /// The operator as the record of acts names it.
    pub fn actor(&self) -> queue::Actor {
        queue::Actor::operator(&self.0)
    }
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let token = bearer(request);
        let app = request.app_data::<Data<App>>().cloned();
        Box::pin(async move {
            let token = token?;
            let app = app.ok_or_else(|| Problem::internal(&"the application data is missing"))?;
            let mut db = app.pool.get().await?;
            if let Some(name) = operators::name_of(&mut db, &token).await? {
                return Ok(Self(name));
            }
            Err(match tokens::artist_of(&mut db, &token).await? {
                Some(_) => Problem::new(
                    StatusCode::FORBIDDEN,
                    "operators_only",
                    "This is for operators, and the token is an artist's.",
                ),
                None => refused("The bearer token is not known, or it was revoked."),
            })
        })
    }
}
