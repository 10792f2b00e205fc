//! The rows of the registry of models, held to their rules on both stores by one text.

/// Makes a test of each named rule on each store.
#[cfg(test)]
macro_rules! on_both {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::shelf::Shelf::sqlite().await).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::shelf::Shelf::postgres().await).await;
            })+
        }
    };
}

#[cfg(test)]
mod artists;
#[cfg(test)]
mod before;
#[cfg(test)]
mod erasing;
#[cfg(test)]
mod lessons;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod shelf;
#[cfg(test)]
mod upkeep;
#[cfg(test)]
mod versions;
