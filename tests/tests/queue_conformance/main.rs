//! What the queue promises, held to on both stores by one text. Each promise runs as
//! `…::sqlite::name` and `…::postgres::name`.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "promises are functions that tests call, and may fail as loudly as tests"
)]

/// Makes a test of each named promise on each store.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::arena::Arena::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::arena::Arena::postgres().await).await;
            })+
        }
    };
}

mod acts;
mod arena;
mod cancel;
mod claim;
mod controls;
mod effects;
mod effects_crash;
mod enqueue;
mod erasing;
mod fence;
mod flows;
mod group;
mod keeper;
mod limits;
mod postgres_only;
mod prune;
mod redrive;
mod rescue;
mod retry;
mod schedules;
mod schema;
mod scope;
mod search;
mod story;
mod ticks;
mod traces;
mod turns;
mod wake;
mod worker;
