//! Who is asking: the operator behind the bearer token.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use utoipa::IntoResponses;
use utoipa::openapi::{RefOr, Response};

use super::{Holder, holder};
use crate::error::Problem;
use crate::refusals::problems;

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
        let holder = holder(request);
        Box::pin(async move {
            match holder.await? {
                Holder::Operator(name) => Ok(Self(name)),
                Holder::Artist(_) => Err(Problem::new(
                    StatusCode::FORBIDDEN,
                    "operators_only",
                    "This is for operators, and the token is an artist's.",
                )),
            }
        })
    }
}

/// What whoever is no operator is told, as the description of every endpoint of theirs says it.
pub struct OperatorsOnly;

impl IntoResponses for OperatorsOnly {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        problems([("401", ""), ("403", "`operators_only`")])
    }
}
