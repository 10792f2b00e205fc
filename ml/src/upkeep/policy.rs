//! The figures that upkeep goes by.

use serde::{Deserialize, Serialize};

use crate::registry::Task;
use crate::{MlError, Result};

/// When to act. Every figure has a usual value that was measured (`maxbooster eval upkeep`).
///
/// A loss is in nats for churn, and for forecasts in units of a series' own mean change over a week
/// (MASE). A row is somebody who was asked about, and for forecasts a week of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Rows that a check of drift needs, 100 to 10,000.
    pub least_rows: u32,
    /// Rows whose truth is known that losses are measured on, 100 to 10,000; 20 of each class, or 8
    /// series and 6 weeks, at least.
    pub least_outcomes: u32,
    /// A column has drifted when its population stability index is this or more, 0.05 to 2 …
    pub psi: f64,
    /// … and chance alone would show such a change in this share of checks at most, over all
    /// columns together: 0.000001 to 0.2.
    pub alpha: f64,
    /// The confidence of every bound on a difference of losses, one-sided: 0.8 to 0.9999.
    pub confidence: f64,
    /// How much the live loss may surely be above the loss on held-out rows: 0 to 1.
    pub error_margin: f64,
    /// Losses this near are as good as equal: 0 to 0.1.
    pub tie: f64,
    /// Hours between two retrainings, 1 to 8,760.
    pub cool_down_hours: u32,
    /// Days after which a challenger that could not be told from the champion is dropped, 1 to 365.
    pub patience_days: u32,
    /// The share of rows that no version is trained on, chosen by their key: 0.1 to 0.9. Of no use to
    /// forecasts, which are judged on days that came after the training.
    pub hold_back: f64,
    /// Rows that are kept, the newest: 1,000 to 50,000. Of no use to forecasts, whose rows are the
    /// artist's metrics.
    pub most_rows: u32,
    /// Days that a row is kept, 7 to 1,095. Of no use to forecasts.
    pub keep_days: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            least_rows: 200,
            least_outcomes: 300,
            psi: 0.25,
            alpha: 0.01,
            confidence: 0.99,
            error_margin: 0.02,
            tie: 0.01,
            cool_down_hours: 168,
            patience_days: 30,
            hold_back: 0.3,
            most_rows: 20_000,
            keep_days: 365,
        }
    }
}

impl Policy {
    /// The usual figures for what a model is for. Weeks come one by one: a forecaster is judged on
    /// fewer rows, waited for longer, and trained anew less often.
    pub fn usual(task: Task) -> Self {
        match task {
            Task::Churn => Self::default(),
            Task::Forecast => Self {
                least_outcomes: 100,
                error_margin: 0.05,
                cool_down_hours: 672,
                patience_days: 180,
                ..Self::default()
            },
        }
    }

    /// Whether every figure is within its bounds.
    ///
    /// # Errors
    ///
    /// [`MlError::Setting`], which names the first that isn't and its rule.
    pub fn check(&self) -> Result<()> {
        let whole = [
            ("least_rows", self.least_rows, 100, 10_000),
            ("least_outcomes", self.least_outcomes, 100, 10_000),
            ("cool_down_hours", self.cool_down_hours, 1, 8_760),
            ("patience_days", self.patience_days, 1, 365),
            ("most_rows", self.most_rows, 1_000, 50_000),
            ("keep_days", self.keep_days, 7, 1_095),
        ];
        for (field, value, least, most) in whole {
            if !(least..=most).contains(&value) {
                return Err(MlError::Setting {
                    field,
                    rule: format!("must be {least} to {most}"),
                });
            }
        }
        let parts = [
            ("psi", self.psi, 0.05, 2.0),
            ("alpha", self.alpha, 1e-6, 0.2),
            ("confidence", self.confidence, 0.8, 0.9999),
            ("error_margin", self.error_margin, 0.0, 1.0),
            ("tie", self.tie, 0.0, 0.1),
            ("hold_back", self.hold_back, 0.1, 0.9),
        ];
        for (field, value, least, most) in parts {
            if !(least..=most).contains(&value) {
                return Err(MlError::Setting {
                    field,
                    rule: format!("must be {least} to {most}"),
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_beyond_its_bounds_is_refused_by_field() {
        for task in [Task::Churn, Task::Forecast] {
            Policy::usual(task).check().unwrap();
        }
        let usual = Policy::default;
        for (field, policy) in [
            (
                "least_rows",
                Policy {
                    least_rows: 99,
                    ..usual()
                },
            ),
            (
                "least_outcomes",
                Policy {
                    least_outcomes: 10_001,
                    ..usual()
                },
            ),
            (
                "psi",
                Policy {
                    psi: 0.01,
                    ..usual()
                },
            ),
            (
                "alpha",
                Policy {
                    alpha: f64::NAN,
                    ..usual()
                },
            ),
            (
                "confidence",
                Policy {
                    confidence: 1.0,
                    ..usual()
                },
            ),
            (
                "error_margin",
                Policy {
                    error_margin: -0.1,
                    ..usual()
                },
            ),
            (
                "tie",
                Policy {
                    tie: 0.2,
                    ..usual()
                },
            ),
            (
                "cool_down_hours",
                Policy {
                    cool_down_hours: 0,
                    ..usual()
                },
            ),
            (
                "patience_days",
                Policy {
                    patience_days: 366,
                    ..usual()
                },
            ),
            (
                "hold_back",
                Policy {
                    hold_back: 0.0,
                    ..usual()
                },
            ),
            (
                "most_rows",
                Policy {
                    most_rows: 50_001,
                    ..usual()
                },
            ),
            (
                "keep_days",
                Policy {
                    keep_days: 1,
                    ..usual()
                },
            ),
        ] {
            let error = policy.check().unwrap_err();
            assert!(
                error.to_string().starts_with(&format!("{field}: must be ")),
                "{error}"
            );
        }
    }

    #[test]
    fn figures_that_are_not_given_are_the_usual_ones() {
        let usual = Policy::default;
        let told: Policy = serde_json::from_str(r#"{"psi": 0.1}"#).unwrap();
        assert_eq!(
            told,
            Policy {
                psi: 0.1,
                ..usual()
            }
        );
        assert!(serde_json::from_str::<Policy>(r#"{"pst": 0.1}"#).is_err());
    }
}
