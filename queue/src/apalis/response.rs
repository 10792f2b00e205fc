//! What apalis' handlers may return.

use apalis_core::error::BoxDynError;
use apalis_core::task::into_response::IntoResponse;
use serde_json::Value;

use crate::{Fault, Outcome};

impl IntoResponse for Outcome {
    type Output = Self;

    fn into_response(self) -> Result<Self, BoxDynError> {
        Ok(self)
    }
}

impl From<Value> for Outcome {
    fn from(output: Value) -> Self {
        Self::Done(output)
    }
}

/// The outcome of an error that a handler or a layer returned: a [`Fault`] by its class, and
/// anything else may pass.
pub(super) fn of_error(error: BoxDynError) -> Outcome {
    match error.downcast::<Fault>() {
        Ok(fault) => (*fault).into(),
        Err(other) => Outcome::Retry(Fault::transient("body_failed", other)),
    }
}
