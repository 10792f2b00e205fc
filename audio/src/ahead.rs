//! Two threads at one pass: one makes the blocks, the other takes them. What comes of it is the same
//! as if one did both, for every block is made after the one before, and taken after it.

use std::sync::mpsc::{channel, sync_channel};
use std::thread::{self, Builder};

use crate::Result;
use crate::decode::Source;

/// Most blocks that lie between the two.
const BETWEEN: usize = 4;
/// A source's blocks are handed on together once they have so many samples: small ones, as of MP3,
/// would cost more to hand on than to use.
const WORTH_HANDING_ON: usize = 1 << 14;

/// Calls `take` with every block that `make` fills, until that gives `None` in place of what there
/// is to say of the block.
///
/// # Errors
/// The first of either; and `io` where no thread can be had.
pub(crate) fn ahead<T: Send>(
    mut make: impl FnMut(&mut Vec<f32>) -> Result<Option<T>> + Send,
    mut take: impl FnMut(&mut Vec<f32>, T) -> Result<()>,
) -> Result<()> {
    thread::scope(|scope| {
        let (full, blocks) = sync_channel(BETWEEN);
        let (emptied, empty) = channel::<Vec<f32>>();
        let maker = move || -> Result<()> {
            loop {
                let mut block = empty.try_recv().unwrap_or_default();
                let Some(about) = make(&mut block)? else {
                    return Ok(());
                };
                // Whoever takes them may have met an error.
                if full.send((block, about)).is_err() {
                    return Ok(());
                }
            }
        };
        let maker = Builder::new().spawn_scoped(scope, maker)?;
        let taken = blocks.iter().try_for_each(|(mut block, about)| {
            take(&mut block, about)?;
            // At the end nobody wants it back.
            let _ = emptied.send(block);
            Ok(())
        });
        // A maker that waits for room must not wait for ever.
        drop(blocks);
        let ended = maker.join();
        taken.and(ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// Decodes a source to its end: `take` gets some samples after others, interleaved, and the number of
/// frames so far.
pub(crate) fn decode(
    source: &mut Source,
    mut take: impl FnMut(&[f32], u64) -> Result<()>,
) -> Result<u64> {
    let mut frames = 0;
    let mut packet = Vec::new();
    let make = |block: &mut Vec<f32>| {
        block.clear();
        let before = frames;
        while block.len() < WORTH_HANDING_ON {
            let Some(count) = source.next_block(&mut packet)? else {
                break;
            };
            frames += count as u64;
            block.extend_from_slice(&packet);
        }
        Ok((frames > before).then_some(frames))
    };
    ahead(make, |block, frames| take(block, frames))?;
    Ok(frames)
}

#[cfg(test)]
mod tests {
    use crate::AudioError;

    use super::*;

    fn counting(most: f32) -> impl FnMut(&mut Vec<f32>) -> Result<Option<f32>> + Send {
        let mut count = 0.0;
        move |block| {
            count += 1.0;
            block.clear();
            block.push(count);
            Ok((count <= most).then_some(count))
        }
    }

    #[test]
    fn blocks_are_taken_in_the_order_in_which_they_were_made() {
        let mut taken = Vec::new();
        let take = |block: &mut Vec<f32>, about: f32| {
            taken.push((block[0], about));
            Ok(())
        };
        ahead(counting(1000.0), take).unwrap();
        let expected: Vec<_> = (1_u16..=1000).map(f32::from).map(|n| (n, n)).collect();
        assert_eq!(taken, expected);
    }

    #[test]
    fn an_error_on_either_side_ends_both() {
        let refuse = |_: &mut Vec<f32>, about: f32| {
            if about > 10.0 {
                return Err(AudioError::Cancelled);
            }
            Ok(())
        };
        let ended = ahead(counting(f32::INFINITY), refuse);
        assert!(matches!(ended, Err(AudioError::Cancelled)));
        let mut taken = 0;
        let mut left = 20;
        let fail = |_: &mut Vec<f32>| {
            left -= 1;
            if left == 0 {
                return Err(AudioError::Cancelled);
            }
            Ok(Some(()))
        };
        let take = |_: &mut Vec<f32>, ()| {
            taken += 1;
            Ok(())
        };
        assert!(matches!(ahead(fail, take), Err(AudioError::Cancelled)));
        assert_eq!(taken, 19);
    }

    #[test]
    #[should_panic(expected = "a decoder's fault")]
    fn a_panic_comes_through_as_it_is() {
        let make = |_: &mut Vec<f32>| -> Result<Option<()>> { panic!("a decoder's fault") };
        let _ = ahead(make, |_, ()| Ok(()));
    }
}
