//! A retraining: the training that upkeep asks for, as the artist could have.

use ml::upkeep::Because;
use models::datasets::{self, DatasetRow};
use models::trainings::{self, TrainingRow};
use models::upkeep::{self, RetrainingRow};
use models::{DatasetId, TrainingId};
use queue::{Context, JobId, NewJob, QueueError, Scope, State};

use super::found::Lesson;
use super::looked::{Looked, seed};
use super::{churn, noted};
use crate::ending::Ending;
use crate::environment::Environment;

/// A retraining that is about to be asked for. Objects are put, rows are not.
pub struct Retraining {
    dataset: Option<DatasetRow>,
    training: TrainingRow,
    row: RetrainingRow,
}

/// A dataset that is put for a retraining, and what the artist handed in that it goes back to.
pub struct Put {
    /// What is learned from.
    pub dataset: DatasetRow,
    /// What it goes back to.
    pub base: DatasetId,
}

impl Retraining {
    /// Makes ready what a lesson is learned from.
    pub async fn prepared(
        environment: &Environment,
        context: &Context,
        looked: &Looked,
        lesson: Lesson,
        because: Because,
    ) -> Result<Self, Ending> {
        let put = match lesson {
            Lesson::Rows(rows) => Some(churn::put(environment, looked, *rows, because).await?),
            Lesson::Metrics => None,
        };
        let (champion, now) = (&looked.champion, environment.queue.now());
        let training = TrainingRow {
            id: TrainingId::new(),
            artist_id: champion.artist_id,
            model: champion.model.clone(),
            task: champion.task,
            dataset_id: put.as_ref().map(|put| put.dataset.id),
            job_id: JobId::new().uuid().into(),
            // The lowest 31 bits.
            seed: i64::try_from(seed(context) & 0x7fff_ffff).unwrap_or(1),
            version: None,
            created_at: now,
            completed_at: None,
        };
        let row = RetrainingRow {
            training_id: training.id,
            artist_id: training.artist_id,
            model: training.model.clone(),
            job_id: noted::job(context),
            base_dataset_id: put.as_ref().map(|put| put.base),
            held_back: put.as_ref().map(|_| looked.policy.hold_back),
            created_at: now,
        };
        Ok(Self {
            dataset: put.map(|put| put.dataset),
            training,
            row,
        })
    }

    /// The job that trains.
    pub fn job(&self) -> Result<NewJob, QueueError> {
        jobs::training(&self.training)
    }

    /// Adds its rows, in the transaction that enqueues its job.
    pub async fn insert(&self, db: &mut db::Db) -> Result<(), db::DbError> {
        if let Some(dataset) = &self.dataset {
            datasets::insert(db, dataset).await?;
        }
        trainings::insert(db, &self.training).await?;
        upkeep::add_retraining(db, &self.row).await
    }
}

/// Hours since the last retraining was asked for, and whether it is under way.
pub async fn last(
    environment: &Environment,
    looked: &Looked,
) -> Result<(Option<f64>, bool), Ending> {
    let (artist, model) = (looked.champion.artist_id, looked.champion.model.as_str());
    let (last, training) = {
        let mut db = environment.pool.get().await?;
        let Some(last) = upkeep::last_retraining(&mut db, artist, model).await? else {
            return Ok((None, false));
        };
        let training = trainings::find(&mut db, artist, last.training_id).await?;
        (last, training)
    };
    let hours = environment.queue.now().since(last.created_at).as_secs_f64() / 3600.0;
    let Some(training) = training.filter(|training| training.version.is_none()) else {
        return Ok((Some(hours), false));
    };
    let id = JobId(training.job_id.uuid());
    let job = environment
        .queue
        .job(Scope::Tenant(artist.uuid()), id)
        .await?;
    let over = [State::Done, State::Dead, State::Cancelled];
    let under_way = job.is_some_and(|job| !over.contains(&job.state));
    Ok((Some(hours), under_way))
}
