//! Bytes that a row will name: put before the row is written, and removed when it is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use storage::{Key, Spooled};

use crate::app::App;
use crate::error::Problem;

/// Tells whether a transaction got as far as its commit.
#[derive(Clone, Default)]
pub struct Committing(Arc<AtomicBool>);

impl Committing {
    /// All is written, and the commit comes next.
    pub fn begins(&self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Puts `file` and has its row recorded. `record` answers with nothing when it wrote the row, or
/// with what an earlier request was answered (`Some`): then the bytes are not needed.
pub async fn stored<T, F>(
    app: &App,
    object: &Key,
    file: Spooled,
    record: impl FnOnce(Committing) -> F,
) -> Result<Option<T>, Problem>
where
    F: Future<Output = Result<Option<T>, Problem>>,
{
    app.storage.put_spooled(object, file).await?;
    let committing = Committing::default();
    match record(committing.clone()).await {
        Ok(None) => Ok(None),
        Ok(Some(before)) => {
            discard(app, object).await;
            Ok(Some(before))
        }
        Err(problem) => {
            if committing.0.load(Ordering::Acquire) {
                // The row may be there, and what it names must be there too.
                tracing::warn!(
                    "a commit was not answered; the object is kept, whether a row names it or not"
                );
            } else {
                discard(app, object).await;
            }
            Err(problem)
        }
    }
}

/// Removes bytes that no row names.
async fn discard(app: &App, object: &Key) {
    if let Err(error) = app.storage.delete(object).await {
        tracing::warn!(%error, "an object that nothing names was left behind");
    }
}
