//! What jobs of upkeep find, whatever the model is for.

use ml::upkeep::{Counted, Facts, Judgement};
use models::registry::{Task, VersionRow};
use queue::Context;
use serde_json::{Value, json};

use super::looked::Looked;
use super::{churn, forecast};
use crate::ending::Ending;
use crate::environment::Environment;

/// What a watch found.
pub struct Found {
    /// What the decision goes by.
    pub facts: Facts,
    /// What it was found in, as it is kept.
    pub about: Value,
    /// The champion before, where it was compared.
    pub before: Option<VersionRow>,
    /// The challenger, where there is one.
    pub challenger: Option<VersionRow>,
    /// What a retraining would learn from.
    pub lesson: Lesson,
}

/// What a retraining learns from.
pub enum Lesson {
    /// Rows that were observed, with those that the artist handed in.
    Rows(Box<churn::Rows>),
    /// The artist's metrics.
    Metrics,
}

/// What came of looking at a challenger.
pub enum Tried {
    /// There are too few rows, or too few that were not looked at before.
    NotDue(Counted),
    /// It can't serve, for the reason that this code names.
    Unservable(&'static str),
    /// It was held against the champion.
    Judged(Judgement),
}

/// Looks at all that there is to know of a model.
pub async fn found(
    environment: &Environment,
    context: &Context,
    looked: &Looked,
) -> Result<Found, Ending> {
    match looked.champion.task {
        Task::Churn => churn::found(environment, context, looked).await,
        Task::Forecast => forecast::found(environment, context, looked).await,
    }
}

impl Found {
    /// The figures, as they are kept.
    pub fn evidence(&self, looked: &Looked, seed: u64) -> Value {
        let facts = &self.facts;
        json!({
            "policy": looked.policy,
            "seed": seed.to_string(),
            "about": self.about,
            "drift": facts.drift,
            "error": facts.error,
            "review": facts.review,
            "challenge": facts.challenge,
            "challenger": self.challenger.as_ref().map(|row| &row.version),
            "learnable": facts.learnable,
            "hours_since_retraining": facts.hours_since,
            "under_way": facts.under_way,
        })
    }
}
