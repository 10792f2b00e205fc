//! Which body runs which kind: one line a kind.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use jobs::{
    AnalyzeTrack, Contract, ImportMetrics, JudgeChallenger, MasterAlbum, MasterTrack,
    PreviewMaster, RefreshAnalytics, RefreshStaleAnalytics, RollBackModel, TrainChurnModel,
    TrainForecaster, WatchModel,
};
use queue::{Context, Fault, Outcome};

use crate::ending::Ending;
use crate::environment::Environment;
use crate::{insight, studio};

type Body = Arc<dyn Fn(Environment, Context) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// Bodies by kind.
#[derive(Clone, Default)]
pub struct Registry {
    bodies: BTreeMap<&'static str, Body>,
}

impl Registry {
    /// Every body there is.
    pub fn full() -> Self {
        Self::default()
            .with::<AnalyzeTrack, _>(studio::analyze_track::run)
            .with::<ImportMetrics, _>(insight::import_metrics::run)
            .with::<JudgeChallenger, _>(insight::upkeep::judge_challenger::run)
            .with::<MasterAlbum, _>(studio::master_album::run)
            .with::<MasterTrack, _>(studio::master_track::run)
            .with::<PreviewMaster, _>(studio::preview_master::run)
            .with::<RefreshAnalytics, _>(insight::refresh_analytics::run)
            .with::<RefreshStaleAnalytics, _>(insight::refresh_stale_analytics::run)
            .with::<RollBackModel, _>(insight::upkeep::roll_back_model::run)
            .with::<TrainChurnModel, _>(insight::train_churn_model::run)
            .with::<TrainForecaster, _>(insight::train_forecaster::run)
            .with::<WatchModel, _>(insight::upkeep::watch_model::run)
    }

    /// Adds the body of a kind.
    #[must_use]
    pub fn with<C, F>(
        mut self,
        body: impl Fn(Environment, Context, C) -> F + Send + Sync + Copy + 'static,
    ) -> Self
    where
        C: Contract,
        F: Future<Output = Result<C::Output, Ending>> + Send + 'static,
    {
        let run = move |environment: Environment, context: Context| {
            let payload = context.payload::<C>();
            async move {
                let payload = match payload {
                    Ok(payload) => payload,
                    Err(fault) => return fault.into(),
                };
                match body(environment, context, payload).await {
                    Ok(output) => encoded(&output),
                    Err(ending) => ending.into(),
                }
            }
            .boxed()
        };
        self.bodies.insert(C::KIND, Arc::new(run));
        self
    }

    /// Runs the body of the job's kind.
    pub async fn run(&self, environment: Environment, context: Context) -> Outcome {
        let kind = context.job().kind.clone();
        match self.bodies.get(kind.as_str()) {
            Some(body) => body(environment, context).await,
            // An older worker meets a newer kind during a roll-out: a newer worker will take it.
            None => Fault::transient(
                "unknown_kind",
                format!("this worker has no body for {kind}"),
            )
            .into(),
        }
    }

    /// The kinds that have a body.
    pub fn kinds(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.bodies.keys().copied()
    }
}

fn encoded(output: &impl serde::Serialize) -> Outcome {
    match serde_json::to_value(output) {
        Ok(output) => Outcome::Done(output),
        Err(error) => Fault::permanent("bad_output", error).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_body_and_every_body_a_kind() {
        assert_eq!(Registry::full().kinds().collect::<Vec<_>>(), jobs::KINDS);
    }
}
