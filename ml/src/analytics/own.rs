//! Forecasting by the artist's own champion, where it is better than the statistical methods.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use super::About;
use super::forecaster::{OWA, OWA_OF_STATISTICAL};
use super::outlook::{MOST_FILLED, WEEK};
use super::series::DailySeries;
use crate::forecast::metrics::scale;
use crate::forecast::{Forecast, Series};
use crate::registry::{Metadata, Served};

/// The artist's own forecaster, as far as there is one.
#[derive(Debug, Clone, Default)]
pub enum Own {
    /// There is none.
    #[default]
    None,
    /// It serves.
    Champion(Arc<Served>),
    /// It does not, and the statistical methods forecast in its place.
    Passed(Passed),
}

/// A version of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The model, by its name among the artist's.
    pub name: String,
    /// The version.
    pub version: String,
}

/// A champion that did not forecast.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Passed {
    /// Which.
    #[serde(flatten)]
    pub named: Named,
    /// Why, a stable code: `not_better` on held-out days, `worse_lately` than the statistical methods on
    /// days since, or what kept it from serving.
    pub code: String,
}

/// How good the artist's forecaster is, by its name, on days that its trial had not seen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figures(pub std::collections::BTreeMap<String, f64>);

/// What the champion expects of each series that it takes.
#[derive(Debug, Default)]
pub struct Expected {
    forecasts: HashMap<About, Forecast>,
    /// Who forecasts: the version and how good it is.
    pub by: Option<(Named, Figures)>,
    /// Who would, and why not.
    pub passed: Option<Passed>,
}

impl Own {
    /// Whether these figures of a version speak for it.
    pub fn is_better(figures: &std::collections::BTreeMap<String, f64>) -> bool {
        match (figures.get(OWA), figures.get(OWA_OF_STATISTICAL)) {
            (Some(own), Some(other)) => own < other,
            _ => false,
        }
    }

    /// Forecasts all of these that it takes. One that fails at it is passed over.
    pub(super) fn expect(&self, series: &[&DailySeries]) -> Expected {
        let served = match self {
            Self::None => return Expected::default(),
            Self::Passed(passed) => return Expected::passed(passed.clone()),
            Self::Champion(served) => served,
        };
        let named = named(served.metadata(), served.key().version);
        let takes: Vec<&DailySeries> = series.iter().copied().filter(|one| takes(one)).collect();
        let asked: Vec<Series> = takes.iter().map(|one| one.series()).collect();
        match served.forecast(&asked) {
            Ok(found) => Expected {
                forecasts: takes.iter().map(|one| one.about()).zip(found).collect(),
                by: Some((named, Figures(served.metadata().metrics.clone()))),
                passed: None,
            },
            Err(error) => Expected::passed(Passed {
                named,
                code: error.code().to_owned(),
            }),
        }
    }
}

impl Expected {
    fn passed(passed: Passed) -> Self {
        Self {
            passed: Some(passed),
            ..Self::default()
        }
    }

    /// What is expected of a series; none where the statistical methods speak.
    pub fn of(&self, about: &About) -> Option<&Forecast> {
        self.forecasts.get(about)
    }
}

fn named(metadata: &Metadata, version: crate::registry::Version) -> Named {
    Named {
        name: metadata.model.clone(),
        version: version.to_string(),
    }
}

/// What the model was never shown, it is not asked about.
fn takes(one: &DailySeries) -> bool {
    one.values().iter().all(|value| *value >= 0.0)
        && one.filled_share() <= MOST_FILLED
        && scale(one.values(), WEEK).is_some()
}
