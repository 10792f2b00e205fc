//! Writing what bodies said, before their attempts end.

use crate::fence::Fence;
use crate::{Queue, QueueError, store};

/// Writes the lines of many attempts that the table does not have yet, in one transaction. Those
/// of an attempt that lost its job are let go: its end will be refused as well, and says so.
pub(crate) async fn write<'f>(
    queue: &Queue,
    fences: impl Iterator<Item = &'f Fence>,
) -> Result<(), QueueError> {
    let mut unwritten: Vec<_> = fences
        .map(|fence| (fence, fence.log.unwritten()))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    if unwritten.is_empty() {
        return Ok(());
    }
    // Rows are locked in one order, whoever locks them.
    unwritten.sort_unstable_by_key(|(fence, _)| fence.id);
    let told = |(fence, lines): &(&Fence, Vec<_>)| ((fence.id, fence.token), lines.clone());
    let pages: Vec<_> = unwritten.iter().map(told).collect();
    let written = queue.pool().tx::<_, QueueError, _>(|db| {
        Box::pin(async move {
            for (attempt, lines) in pages {
                store::append_log(db, attempt, &lines).await?;
            }
            Ok(())
        })
    });
    match written.await {
        Ok(()) => {
            for (fence, lines) in unwritten {
                fence.log.settled(lines.last().map_or(0, |line| line.seq));
            }
            Ok(())
        }
        Err(error) if error.is_transient() => Err(error),
        // One of them is refused for good: the others are written all the same.
        Err(_) => {
            for (fence, _) in unwritten {
                match fence.write_log().await {
                    Err(QueueError::LeaseLost) => {}
                    written => written?,
                }
            }
            Ok(())
        }
    }
}
