//! What stands out: findings of the others, those that matter most first, each with its figures.

use std::collections::BTreeMap;

use chrono::{Days, NaiveDate};
use serde::Serialize;
use serde_json::{Value, json};

use super::About;
use super::anomalies::Anomalies;
use super::growth::{Growth, Phase};
use super::milestones::Milestones;
use super::outlook::FEWEST_DAYS;
use super::report::{Answer, Method};
use super::series::DailySeries;

/// Findings that are told.
const MOST: usize = 20;
/// Days after which an anomaly is old news.
const NEWS_DAYS: f64 = 28.0;
/// Days of late that shares are measured over.
const SHARE_DAYS: usize = 28;
/// The share of one track from which the others hardly count.
const CONCENTRATED: f64 = 0.6;
/// The probability from which a milestone is near.
const NEAR: f64 = 0.5;

/// What stands out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Insights {
    /// The findings, those that matter most first.
    pub findings: Vec<Finding>,
    /// How they were ranked.
    pub method: Method,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What sort: `anomaly`, `growth`, `milestone_near` or `one_track_carries`.
    pub code: &'static str,
    /// How much it matters, 0 to 1: how sure it is, times how large or how new.
    pub weight: f64,
    /// The series.
    #[serde(flatten)]
    pub about: About,
    /// The figures behind it.
    pub evidence: Value,
}

/// Ranks what was found.
pub fn rank(
    anomalies: &Answer<Anomalies>,
    growth: &Answer<Growth>,
    milestones: &Answer<Milestones>,
    series: &[DailySeries],
    today: NaiveDate,
) -> Answer<Insights> {
    let mut findings = Vec::new();
    for one in anomalies.ready().map_or(&[][..], |all| &all.found) {
        let age = (today - one.date).num_days().max(0) as f64;
        findings.push(Finding {
            code: "anomaly",
            weight: one.score * (-age / NEWS_DAYS).exp(),
            about: one.about.clone(),
            evidence: json!({
                "date": one.date, "value": one.value, "expected": one.expected,
                "low": one.low, "high": one.high, "likely_causes": one.likely_causes,
            }),
        });
    }
    for one in growth.ready().map_or(&[][..], |all| &all.series) {
        if matches!(one.phase, Phase::Growing | Phase::Declining) {
            // The end of the interval that is nearer to no change: so much at the least.
            let least = one.low.abs().min(one.high.abs());
            findings.push(Finding {
                code: "growth",
                weight: 1.0 - (-20.0 * least).exp(),
                about: one.about.clone(),
                evidence: json!({
                    "phase": one.phase, "weekly_rate": one.weekly_rate, "low": one.low,
                    "high": one.high, "weeks": one.weeks, "held_out": one.held_out,
                }),
            });
        }
    }
    for one in milestones.ready().map_or(&[][..], |all| &all.series) {
        let next = one.ahead.first();
        let chance = next.and_then(|next| Some((next, next.by.last()?)));
        if let Some((next, chance)) = chance.filter(|(_, chance)| chance.probability >= NEAR) {
            findings.push(Finding {
                code: "milestone_near",
                weight: 0.6 * chance.probability,
                about: one.about.clone(),
                evidence: json!({
                    "target": next.target, "now": one.now, "by": chance.date,
                    "probability": chance.probability, "reached_50": next.reached_50,
                }),
            });
        }
    }
    findings.extend(concentrated(series));
    findings.sort_by(|one, other| {
        let weight = other.weight.total_cmp(&one.weight);
        weight.then_with(|| one.about.cmp(&other.about))
    });
    findings.truncate(MOST);
    let looked = anomalies.ready().is_some() || growth.ready().is_some();
    if !looked && findings.is_empty() {
        let longest = series.iter().map(|one| one.values().len()).max();
        return Answer::missing("days of history", FEWEST_DAYS, longest.unwrap_or(0));
    }
    Answer::Ready(Insights {
        findings,
        method: Method::named("certainty times size or newness"),
    })
}

/// Sources where most streams of late came from one track of several.
fn concentrated(series: &[DailySeries]) -> Vec<Finding> {
    let mut by_source: BTreeMap<&str, Vec<(&DailySeries, f64)>> = BTreeMap::new();
    let of_tracks = series
        .iter()
        .filter(|one| one.metric == "streams" && !one.track.is_empty());
    let newest = of_tracks.clone().map(DailySeries::last_day).max();
    for one in of_tracks {
        let days =
            (0..SHARE_DAYS as u64).filter_map(|back| newest?.checked_sub_days(Days::new(back)));
        let late = days.filter_map(|day| one.on(day)).sum();
        by_source.entry(&one.source).or_default().push((one, late));
    }
    let of_source = |tracks: Vec<(&DailySeries, f64)>| {
        let total: f64 = tracks.iter().map(|(_, late)| late).sum();
        let top = tracks
            .iter()
            .max_by(|one, other| one.1.total_cmp(&other.1))?;
        let share = top.1 / total;
        (tracks.len() >= 3 && share > CONCENTRATED).then(|| Finding {
            code: "one_track_carries",
            weight: 0.5 * share,
            about: top.0.about(),
            evidence: json!({
                "share": share, "days": SHARE_DAYS, "tracks": tracks.len(),
                "streams": top.1, "streams_of_all": total,
            }),
        })
    };
    by_source.into_values().filter_map(of_source).collect()
}
