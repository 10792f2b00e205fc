//! Controls: what operators say of a queue, or of all queues together, and how the queues stand.

mod drain;
mod limit;
mod pause;
mod view;

use serde_json::Value;

use crate::acts::Target;
use crate::store::{self, ControlRow};
use crate::wake::News;
use crate::{Actor, Deed, Queue, QueueError};

pub use view::{Control, QueueView, Queues};

/// The name that stands for all queues together.
pub const ALL_QUEUES: &str = "*";

/// The longest name of a queue, in bytes.
const NAME_LIMIT_BYTES: usize = 128;

/// A change of a queue's control: what was done, and what there is to tell of it; none: it was so
/// already.
type Change = Option<(Deed, Value)>;

impl Queue {
    /// Changes the control of a queue in one transaction with its act, and answers it as it is
    /// then. Workers look at once.
    async fn control(
        &self,
        by: Actor,
        queue: &str,
        change: impl FnOnce(&mut ControlRow) -> Change + Send + 'static,
    ) -> Result<Control, QueueError> {
        by.operates()?;
        if queue.is_empty() || queue.len() > NAME_LIMIT_BYTES {
            return Err(QueueError::Invalid {
                message: format!("the queue's name must be 1 to {NAME_LIMIT_BYTES} bytes"),
            });
        }
        let (name, now) = (queue.to_owned(), self.now());
        let (row, news) = self
            .pool()
            .tx::<_, QueueError, _>(move |db| {
                Box::pin(async move {
                    let (mut row, new) = store::hold_control(db, &name, by.name(), now).await?;
                    let mut news = News::default();
                    if let Some((deed, details)) = change(&mut row) {
                        row.changed_by = by.name().to_owned();
                        row.changed_at = now;
                        store::set_control(db, &row).await?;
                        by.did(db, deed, Target::Queue(&name), details, now).await?;
                        for queue in concerned(&name, store::workers(db, None).await?) {
                            news.look(queue);
                        }
                    } else if new {
                        // What was not said leaves no trace of the name.
                        store::drop_control(db, &name).await?;
                    }
                    Ok((row, news))
                })
            })
            .await?;
        self.wake().announce(news);
        Ok(Control::of(row))
    }
}

/// Whose workers must look: the queue's, or those of every queue that anyone serves.
fn concerned(name: &str, workers: Vec<store::WorkerRow>) -> Vec<String> {
    if name != ALL_QUEUES {
        return vec![name.to_owned()];
    }
    let mut queues: Vec<String> = workers
        .into_iter()
        .flat_map(|worker| worker.queues())
        .collect();
    queues.sort_unstable();
    queues.dedup();
    queues
}
