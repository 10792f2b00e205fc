//! The whole platform from outside: real processes, real music, both databases.

/// Makes each named test a test of both databases, with a place of its own.
#[cfg(test)]
macro_rules! on_both_databases {
    ($($name:ident)+) => {
        mod sqlite {
            use support::site::Site;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(Site::sqlite()).await;
            })+
        }
        mod postgres {
            use support::site::Site;
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(Site::postgres().await).await;
            })+
        }
    };
}

#[cfg(test)]
mod admin;
#[cfg(test)]
mod albums;
#[cfg(test)]
mod analyses;
#[cfg(test)]
mod analytics;
#[cfg(test)]
mod api_description;
#[cfg(test)]
mod artist_erased;
#[cfg(test)]
mod artist_rows;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod command_line;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod erasing;
#[cfg(test)]
mod forecast_verbs;
#[cfg(test)]
mod forecasters;
#[cfg(test)]
mod foreign_models;
#[cfg(test)]
mod idempotency;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod master_verb;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod model_crash;
#[cfg(test)]
mod models;
#[cfg(test)]
mod operator_verbs;
#[cfg(test)]
mod outage;
#[cfg(test)]
mod platform;
#[cfg(test)]
mod previews;
#[cfg(test)]
mod refusals;
#[cfg(test)]
mod settings;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tenants;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod upkeep;
#[cfg(test)]
mod upkeep_crash;
#[cfg(test)]
mod upkeep_forecasters;
#[cfg(test)]
mod upkeep_refusals;
