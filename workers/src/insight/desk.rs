//! Insight's answers to the intake: what a dataset is, who is likely to leave, whether a version can
//! serve.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::Pool;
use jobs::insight::{
    Answer, ChurnAnswer, ChurnQuestion, DatasetAbout, Erased, ErasedMetrics, Insight, Refusal,
};
use jobs::sentence;
use ml::MlError;
use ml::churn::truths;
use ml::registry::{CacheLimits, Models};
use ml::runtime::Runtime;
use ml::table::Table;
use models::ArtistId;
use models::registry::Task;
use queue::Queue;
use serde_json::Value;
use storage::Storage;
use tokio::sync::Semaphore;

use super::serving::{failed, stopped};
use super::{erase, judge, limits, policy, serving};

/// Models at hand and where the others are. Cheap to clone; clones share what is at hand.
#[derive(Clone)]
pub struct InsightDesk {
    pub(super) pool: Pool,
    pub(super) queue: Queue,
    pub(super) storage: Storage,
    pub(super) models: Arc<Models>,
    /// One permit a load.
    pub(super) loading: Arc<Semaphore>,
    looking: Arc<Semaphore>,
}

impl InsightDesk {
    /// Nothing is at hand yet, and never more than `cache` allows. Files that need a runtime are run
    /// by the one at `library`, or by the one that is compiled in.
    ///
    /// # Errors
    ///
    /// When the runtime of models can't be opened.
    pub fn open(
        pool: Pool,
        queue: Queue,
        storage: Storage,
        library: Option<&Path>,
        cache: CacheLimits,
    ) -> Result<Self, MlError> {
        Ok(Self {
            pool,
            queue,
            storage,
            models: Arc::new(Models::new(cache, Runtime::open(library)?)),
            loading: Arc::new(Semaphore::new(limits::LOADS_AT_ONCE)),
            looking: Arc::new(Semaphore::new(limits::LOOKS_AT_ONCE)),
        })
    }

    /// Lets go of all that is at hand of an artist's.
    pub fn forget(&self, artist: ArtistId) {
        self.models.cache().forget_tenant(&artist.to_string());
    }

    /// How much is at hand of an artist's, in versions.
    pub fn at_hand_of(&self, artist: ArtistId) -> usize {
        self.models.cache().held_of(&artist.to_string()).values
    }
}

impl Insight for InsightDesk {
    fn look_at(&self, file: PathBuf, target: String) -> Answer<'_, DatasetAbout> {
        Box::pin(async move {
            let _turn = self.looking.acquire().await.map_err(failed)?;
            let looked = tokio::task::spawn_blocking(move || look(file, &target));
            looked.await.map_err(stopped)?
        })
    }

    fn predict_churn(&self, artist: ArtistId, question: ChurnQuestion) -> Answer<'_, ChurnAnswer> {
        Box::pin(judge::churn(self, artist, question))
    }

    fn policy(&self, task: Task, figures: &Value) -> Result<Value, Refusal> {
        policy::whole(task, figures)
    }

    fn check<'a>(&'a self, artist: ArtistId, model: &'a str, version: &'a str) -> Answer<'a, ()> {
        Box::pin(async move {
            let row = serving::find(self, artist, model, Some(version)).await?;
            serving::serve(self, &row).await.map(drop)
        })
    }

    fn alias_moved(&self, artist: ArtistId, model: &str) {
        let tenant = artist.to_string();
        self.models.cache().forget_model(&tenant, model);
    }

    fn erase(&self, artist: ArtistId) -> Answer<'_, Erased> {
        Box::pin(erase::models(self, artist))
    }

    fn erase_metrics(&self, artist: ArtistId) -> Answer<'_, ErasedMetrics> {
        Box::pin(erase::metrics(self, artist))
    }
}

/// Reads a dataset to its end, as a training would.
fn look(file: PathBuf, target: &str) -> Result<DatasetAbout, Refusal> {
    let refused = |error: MlError| match error {
        MlError::Io(error) => Refusal::Unavailable(error.to_string()),
        error => Refusal::Broken {
            field: "file".to_owned(),
            code: error.code(),
            rule: sentence(&error.to_string()),
        },
    };
    let file = File::open(file).map_err(|error| Refusal::Unavailable(error.to_string()))?;
    let table = Table::read(BufReader::new(file)).map_err(refused)?;
    if table.place(target).is_none() {
        return Err(Refusal::Broken {
            field: "target".to_owned(),
            code: "unknown_column",
            rule: format!("The file has no column {target}."),
        });
    }
    truths(&table, target).map_err(refused)?;
    Ok(DatasetAbout {
        rows: table.rows().len() as u64,
        columns: table.columns().len() as u64,
    })
}
