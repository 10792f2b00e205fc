//! What endpoints of one sort refuse alike, as the API's description says it.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};

/// Responses by status, as the description of an endpoint takes them.
type Responses = BTreeMap<String, RefOr<Response>>;

/// Problems by status; a description names their codes.
pub fn problems<const COUNT: usize>(refusals: [(&str, &str); COUNT]) -> Responses {
    let problem = |description| {
        let schema = RefOr::Ref(Ref::from_schema_name("Problem"));
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let response = ResponseBuilder::new().description::<&str>(description);
        RefOr::T(response.content("application/json", content).build())
    };
    refusals
        .map(|(status, description)| (status.to_owned(), problem(description)))
        .into()
}

/// What whoever asks for a job is refused with, besides what is wrong with the wish itself.
pub struct NotAccepted;

impl IntoResponses for NotAccepted {
    fn responses() -> Responses {
        problems([
            ("400", "`bad_json`, `bad_idempotency_key`"),
            ("401", "`unauthorised`"),
            ("413", "`too_large`"),
            ("429", "`too_many_waiting_jobs`"),
        ])
    }
}

/// What whoever asks for a finished file, or a part of one, is refused with.
pub struct NoFile;

impl IntoResponses for NoFile {
    fn responses() -> Responses {
        let mut refusals = NotFinished::responses();
        refusals.extend(problems([("416", "`no_such_range`")]));
        refusals
    }
}

/// What whoever asks for what a job is still making is refused with.
pub struct NotFinished;

impl IntoResponses for NotFinished {
    fn responses() -> Responses {
        problems([("401", ""), ("404", ""), ("409", "`not_finished`")])
    }
}
