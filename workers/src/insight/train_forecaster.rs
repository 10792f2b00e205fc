//! `train_forecaster`: learns from an artist's own metrics how they go on.

use jobs::{TrainForecaster, TrainForecasterOutput};
use ml::analytics::DailySeries;
use ml::analytics::forecaster::{Keep, OWA, OWA_OF_STATISTICAL, Part, learn};
use ml::registry::{Bundle, DataWindow};
use models::registry::Task;
use queue::{Context, LogLevel};

use super::daily;
use super::states::States;
use super::training::{self, Asked, Run, figure};
use crate::ending::Ending;
use crate::environment::Environment;

/// Runs one attempt.
pub async fn run(
    environment: Environment,
    context: Context,
    payload: TrainForecaster,
) -> Result<TrainForecasterOutput, Ending> {
    let asked = Asked {
        artist: payload.artist_id,
        training: payload.training_id,
        task: Task::Forecast,
    };
    let ended = training::run(&environment, &context, asked, async |run| {
        context.progress(0.0, "reading");
        let series = daily::read(&environment, run.row.artist_id).await?;
        let learnt = tokio::task::spawn_blocking(move || learnt(&series, &run));
        let bundle = learnt.await.map_err(Ending::died)??;
        context.log(LogLevel::Info, said(&bundle));
        Ok(bundle)
    });
    let (version, alias) = ended.await?;
    Ok(TrainForecasterOutput {
        training_id: payload.training_id,
        version,
        alias,
    })
}

/// The part that keeps a core busy: from series to a bundle, going on behind what an earlier attempt kept.
fn learnt(series: &[DailySeries], run: &Run) -> Result<Bundle, Ending> {
    let mut states = run.states()?;
    let learnt = learn(series, run.seed(), &mut states, &mut run.watch())?;
    run.context.progress(1.0, "keeping");
    let data = DataWindow {
        fingerprint: learnt.told.data.clone(),
        rows: learnt.told.series as u64,
        from: Some(learnt.first.to_string()),
        to: Some(learnt.last.to_string()),
    };
    let about = run.about("maxbooster forecast", data, learnt.figures);
    let made = Bundle::make(about, learnt.weights, learnt.golden, &run.runtime)?;
    Ok(made)
}

impl Keep for States {
    fn recall(&mut self, part: Part) -> ml::Result<Option<Vec<u8>>> {
        Ok(Self::recall(self, name(part), Some)?)
    }

    fn keep(&mut self, part: Part, state: &[u8]) {
        Self::keep(self, name(part), Ok(state));
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Trial => "trial",
        Part::Whole => "whole",
    }
}

/// The outcome in a line, for the job's story. It names nothing of the data.
fn said(bundle: &Bundle) -> String {
    format!(
        "{} series; on days held out: OWA {} beside {} of the statistical methods, {} of days within 80 %",
        bundle.metadata.data.rows,
        figure(bundle, OWA),
        figure(bundle, OWA_OF_STATISTICAL),
        figure(bundle, "coverage_80"),
    )
}
