//! Which jobs: what a list or a redrive is narrowed by.

use db::Time;
use serde::Serialize;
use uuid::Uuid;

use crate::{QueueError, State};

/// The most fields of payloads in one filter.
const FIELDS: usize = 8;
/// The longest path of a field, in steps.
const STEPS: usize = 16;

/// Which jobs of the scope; an empty filter names all. A job must meet all that is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Filter {
    /// Only those in this state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<State>,
    /// Only those of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only those of this queue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// Only those of this tenant, within the scope.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<Uuid>,
    /// Only those whose newest attempt failed with this code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error_code: Option<String>,
    /// Only those enqueued then.
    #[serde(skip_serializing_if = "Between::is_always")]
    pub created: Between,
    /// Only those that became done, cancelled or dead then.
    #[serde(skip_serializing_if = "Between::is_always")]
    pub finished: Between,
    /// Only those whose payload has all of these values; at most eight.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub payload: Vec<PayloadField>,
}

/// A stretch of time, from its first instant to before its end; without either it is open there.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Between {
    /// The first instant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Time>,
    /// The first instant that is no part of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
}

impl Between {
    fn is_always(&self) -> bool {
        self.from.is_none() && self.until.is_none()
    }
}

/// A value in a payload: a text, a number or a boolean, written as in JSON but without quotes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PayloadField {
    /// The names that lead to it, from outside in; digits count elements of an array.
    pub path: Vec<String>,
    /// What must be there.
    pub value: String,
}

impl PayloadField {
    /// Reads `image_id=7` or `target.name=loud`, with or without a leading `payload.`.
    pub fn parse(text: &str) -> Result<Self, QueueError> {
        let refused = |rule: String| QueueError::Invalid { message: rule };
        let (path, value) = text
            .split_once('=')
            .ok_or_else(|| refused(format!("`{text}` must be a path and a value, as in a.b=c")))?;
        let path = path.strip_prefix("payload.").unwrap_or(path);
        let path: Vec<String> = path.split('.').map(ToOwned::to_owned).collect();
        let fine = |step: &String| !step.is_empty() && !step.contains(['"', '\0']);
        if path.len() > STEPS || !path.iter().all(fine) || value.contains('\0') {
            return Err(refused(format!(
                "the path in `{text}` must be 1 to {STEPS} names with dots between them"
            )));
        }
        Ok(Self {
            path,
            value: value.to_owned(),
        })
    }
}

impl Filter {
    /// Whether the filter can be asked for.
    pub(crate) fn check(&self) -> Result<(), QueueError> {
        if self.payload.len() > FIELDS {
            return Err(QueueError::Invalid {
                message: format!("at most {FIELDS} fields of a payload can be asked for"),
            });
        }
        Ok(())
    }

    /// Whether finding what it names may mean to look through jobs that it does not name, one
    /// after another.
    pub(crate) fn scans(&self) -> bool {
        !self.payload.is_empty() || self.error_code.is_some() || !self.finished.is_always()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_as_a_path_and_a_value() {
        let field = PayloadField::parse("payload.target.name=a=b").unwrap();
        assert_eq!((field.path.len(), field.value.as_str()), (2, "a=b"));
        assert_eq!(field, PayloadField::parse("target.name=a=b").unwrap());
        for wrong in ["image", "=1", "a..b=1", "a\"b=1", &"a.".repeat(20)] {
            assert!(PayloadField::parse(wrong).is_err(), "{wrong}");
        }
    }
}
