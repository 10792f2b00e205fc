//! Forecasters on the days since they were trained.

use std::sync::Arc;

use chrono::NaiveDate;
use jobs::insight::Refusal;
use ml::analytics::DailySeries;
use ml::analytics::forecaster::Weeks;
use ml::registry::Served;
use ml::upkeep::{Intervals, Sample};
use models::registry::VersionRow;
use queue::Context;
use serde_json::Value;

use crate::ending::Ending;
use crate::environment::Environment;
use crate::insight::serving;
use crate::insight::upkeep::looked::ended;
use crate::insight::watch::Watch;

/// A version, ready to be asked.
#[derive(Clone)]
pub struct Forecaster {
    served: Arc<Served>,
    /// The last day that it was trained on.
    pub trained_to: NaiveDate,
}

impl Forecaster {
    /// Loads a version. The outer error ends the job; the inner one is the code of why it can't serve.
    pub async fn load(
        environment: &Environment,
        version: &VersionRow,
    ) -> Result<Result<Self, &'static str>, Ending> {
        match serving::serve(&environment.insight, version).await {
            Ok(served) => Ok(Ok(Self {
                served,
                trained_to: trained_to(version),
            })),
            Err(Refusal::Unservable { code, .. }) => Ok(Err(code)),
            Err(refusal) => Err(ended(refusal)),
        }
    }

    /// A figure that its training measured.
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.served.metadata().metrics.get(name).copied()
    }
}

/// The last day that a version was trained on. Where it says none, its training had seen nothing of later.
pub fn trained_to(version: &VersionRow) -> NaiveDate {
    let day = version.metadata.0.pointer("/data/to");
    let day = day.and_then(Value::as_str).and_then(|day| day.parse().ok());
    day.unwrap_or_else(|| version.created_at.utc().date_naive())
}

/// Two forecasters, or one beside the statistical methods, on the same weeks.
pub struct Paired {
    /// What the one said.
    pub one: Intervals,
    /// What the other said.
    pub other: Intervals,
    /// The weeks.
    pub sample: Sample,
}

impl Paired {
    /// What two forecasters say of these weeks.
    pub fn of(
        weeks: &Weeks,
        one: &Forecaster,
        other: &Forecaster,
        context: &Context,
    ) -> ml::Result<Self> {
        let leads = Weeks::leads(&[one.served.metadata(), other.served.metadata()]);
        Ok(Self {
            one: said(weeks, leads, one, context)?,
            other: said(weeks, leads, other, context)?,
            sample: weeks.sample(),
        })
    }

    /// What a forecaster says of these weeks, and what the statistical methods do.
    pub fn beside_methods(weeks: &Weeks, one: &Forecaster, context: &Context) -> ml::Result<Self> {
        let leads = Weeks::leads(&[one.served.metadata()]);
        let mut watch = Watch::new(context.clone(), "methods");
        Ok(Self {
            one: said(weeks, leads, one, context)?,
            other: weeks.said_by_methods(leads, &mut watch)?,
            sample: weeks.sample(),
        })
    }
}

fn said(
    weeks: &Weeks,
    leads: usize,
    forecaster: &Forecaster,
    context: &Context,
) -> ml::Result<Intervals> {
    weeks.said(leads, |known| {
        if context.cancelled().is_cancelled() {
            return Err(ml::MlError::Cancelled);
        }
        forecaster.served.forecast(known)
    })
}

/// The whole weeks that came after all these days.
pub fn weeks_after(days: &[NaiveDate], series: &[DailySeries]) -> Weeks {
    let after = days.iter().max().copied().unwrap_or(NaiveDate::MAX);
    Weeks::after(after, series)
}
