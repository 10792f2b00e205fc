//! The job that makes a training's version, whatever it learns.

use models::registry::Task;
use models::trainings::TrainingRow;
use queue::{JobId, NewJob, QueueError};

use crate::{TrainChurnModel, TrainForecaster};

/// The job of a training, under the id that its row names.
pub fn training(row: &TrainingRow) -> Result<NewJob, QueueError> {
    let (artist_id, training_id) = (row.artist_id, row.id);
    let job = match row.task {
        Task::Churn => NewJob::of(&TrainChurnModel {
            artist_id,
            training_id,
        }),
        Task::Forecast => NewJob::of(&TrainForecaster {
            artist_id,
            training_id,
        }),
    };
    Ok(job?.id(JobId(row.job_id.uuid())).tenant(artist_id.uuid()))
}
