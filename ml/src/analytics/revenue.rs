//! Revenue to come: sums over the days of whole paths, one answer a currency.

use serde::Serialize;

use super::outlook::{Evidence, FEWEST_DAYS, Tested};
use super::report::{Answer, Method, Window};
use super::series::DailySeries;

/// The metric that is forecast, before its currency.
const REVENUE: &str = "revenue_minor_";
/// Days that are summed, as far as the history reaches.
const PERIODS: [usize; 3] = [30, 60, 90];

/// Revenue in every currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Revenue {
    /// One a currency.
    pub currencies: Vec<InCurrency>,
}

/// Revenue in one currency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct InCurrency {
    /// The currency, lower case.
    pub currency: String,
    /// Sums over the days to come, in minor units.
    pub periods: Vec<Period>,
    /// How they were made.
    pub method: Method,
    /// From what.
    pub window: Window,
    /// How good it was on days that it had not seen; null where none could be held out.
    pub held_out: Option<Evidence>,
}

/// The sum over days.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Period {
    /// How many days.
    pub days: usize,
    /// Quantiles of the sum.
    pub scenarios: [Scenario; 3],
}

/// One quantile of a sum.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Scenario {
    /// `low`, `middle` or `high`.
    pub name: &'static str,
    /// The probability that the sum stays under it.
    pub probability_below: f64,
    /// Minor units.
    pub total_minor: i64,
}

/// The forecast of every currency that there is enough of.
pub fn forecast(totals: &[(&DailySeries, &Option<Tested>)]) -> Answer<Revenue> {
    let of_revenue = || {
        totals.iter().filter_map(|(series, tested)| {
            let currency = series.metric.strip_prefix(REVENUE)?;
            Some((currency, *series, tested.as_ref()))
        })
    };
    let currencies: Vec<InCurrency> = of_revenue()
        .filter_map(|(currency, series, tested)| in_currency(currency, series, tested?))
        .collect();
    if !currencies.is_empty() {
        return Answer::Ready(Revenue { currencies });
    }
    let longest = of_revenue()
        .map(|(_, series, _)| series.values().len())
        .max();
    Answer::missing("days of revenue", FEWEST_DAYS, longest.unwrap_or(0))
}

fn in_currency(currency: &str, series: &DailySeries, tested: &Tested) -> Option<InCurrency> {
    let reach = tested.outlook.point.len();
    let mut lengths: Vec<usize> = PERIODS.into_iter().filter(|days| *days <= reach).collect();
    if lengths.is_empty() {
        lengths.push(reach);
    }
    let period = |days: usize| {
        let [low, middle, high] = tested.outlook.sums(days);
        let scenario = |name, probability_below, total: f64| Scenario {
            name,
            probability_below,
            total_minor: whole(total),
        };
        Period {
            days,
            scenarios: [
                scenario("low", 0.1, low),
                scenario("middle", 0.5, middle),
                scenario("high", 0.9, high),
            ],
        }
    };
    (reach > 0).then(|| InCurrency {
        currency: currency.to_owned(),
        periods: lengths.into_iter().map(period).collect(),
        method: tested.method.clone(),
        window: series.window(),
        held_out: tested.held_out.clone(),
    })
}

fn whole(minor: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a cast keeps within i64's range"
    )]
    let whole = minor.round() as i64;
    whole
}
