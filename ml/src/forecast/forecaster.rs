//! What forecasts: a method, a model trained on the spot, a model from a file, or what suits best.

use super::auto::{auto, each, global};
use super::global::{LONGEST_HORIZON, LONGEST_SEASON, Served};
use super::methods::Method;
use super::series::{Forecast, Series};
use crate::{Control, MlError, Result};

/// What forecasts.
#[derive(Debug)]
pub enum Forecaster {
    /// What suits the series best, by the end of their histories.
    Auto,
    /// One model, trained on the histories of all series.
    Global,
    /// One method on each series by itself.
    Each(Method),
    /// A model from a file.
    File(Box<Served>),
}

impl Forecaster {
    /// Names of those that need no file.
    pub const NAMES: [&str; 6] = ["auto", "global", "ets", "theta", "dot", "naive2"];

    /// The one of this name; none for another, which then is a file's.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "auto" => Self::Auto,
            "global" => Self::Global,
            "ets" => Self::Each(Method::Ets),
            "theta" => Self::Each(Method::Theta),
            "dot" => Self::Each(Method::Dot),
            "naive2" => Self::Each(Method::Naive2),
            _ => return None,
        })
    }

    /// Whether it answers with this season and horizon: a file's are its own.
    ///
    /// # Errors
    ///
    /// [`MlError::ModelMismatch`] for a file of another season or horizon, [`MlError::Setting`] for
    /// one out of range.
    pub fn fits(&self, season: usize, horizon: usize) -> Result<()> {
        let ranges = [
            ("horizon", horizon, LONGEST_HORIZON),
            ("season", season, LONGEST_SEASON),
        ];
        for (field, value, most) in ranges {
            if !(1..=most).contains(&value) {
                let rule = format!("must be 1 to {most}, not {value}");
                return Err(MlError::Setting { field, rule });
            }
        }
        let Self::File(served) = self else {
            return Ok(());
        };
        let frame = served.frame();
        for (what, its, asked) in [
            ("horizon", frame.horizon, horizon),
            ("season", frame.season, season),
        ] {
            if its != asked {
                return Err(MlError::ModelMismatch(format!(
                    "it was trained for a {what} of {its}, not {asked}"
                )));
            }
        }
        Ok(())
    }

    /// Forecasts of all series, in their order, by their histories alone.
    pub fn forecast(
        &mut self,
        series: &[Series],
        season: usize,
        horizon: usize,
        threads: usize,
        control: &mut dyn Control,
    ) -> Result<Vec<Forecast>> {
        self.fits(season, horizon)?;
        match self {
            Self::Auto => Ok(auto(series, season, horizon, threads, control)?.0),
            Self::Global => global(series, season, horizon, threads, control),
            Self::Each(method) => each(*method, series, season, horizon, threads, control),
            Self::File(served) => served.forecast(series),
        }
    }
}
