//! The engine among real processes that are killed, frozen and cut off, on real databases: what
//! the simulation can't show. Nothing is lost, doubled, tried too often or written by the stale.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "scenarios are functions that tests call, and may fail as loudly as tests"
)]

/// Makes a test of each named scenario on each database.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::scene::Scene::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::scene::Scene::postgres().await).await;
            })+
        }
    };
}

mod clocks;
mod crew;
mod disk;
mod drained;
mod frozen;
mod killed;
mod network;
mod poison;
mod restarted;
mod scene;
mod together;
