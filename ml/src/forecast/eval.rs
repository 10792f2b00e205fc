//! Forecasts against what followed, group by group, beside others' figures.

use std::path::{Path, PathBuf};

use super::forecaster::Forecaster;
use super::metrics::{Outcome, Tally};
use super::series::{Series, read_all};
use crate::random::Random;
use crate::table::open;
use crate::{Control, MlError, Result};

/// Draws of the bootstrap.
const DRAWS: usize = 2000;

/// A file of series, each with what followed.
#[derive(Debug, Clone)]
pub struct Group {
    /// The file's name without what follows the last part of it, as in `m3_yearly.dev`.
    pub name: String,
    /// The series; all have a season, a horizon, and as many values that followed.
    pub series: Vec<Series>,
}

/// Another forecaster's figures on the other half of a group's series.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// What a group's name begins with.
    pub group: &'static str,
    /// The forecaster.
    pub name: &'static str,
    /// Mean sMAPE, percent.
    pub smape: f64,
    /// Mean MASE.
    pub mase: f64,
    /// Overall weighted average against Naive2.
    pub owa: f64,
}

/// Figures of statsforecast 2.1.1, and of ours where a prototype was measured, on held-out halves:
/// the development halves have other series, and other figures.
pub const PEERS: &[Peer] = &[
    peer("m3_yearly", "statsforecast ETS", [17.233, 3.143, 0.870]),
    peer("m3_yearly", "statsforecast Theta", [17.365, 3.007, 0.855]),
    peer("m3_yearly", "statsforecast DOT", [17.311, 3.043, 0.858]),
    peer("m3_yearly", "median of four", [17.253, 3.064, 0.860]),
    peer("m3_quarterly", "statsforecast ETS", [9.201, 1.067, 0.971]),
    peer("m3_quarterly", "statsforecast Theta", [8.847, 1.018, 0.930]),
    peer("m3_quarterly", "statsforecast DOT", [8.232, 0.992, 0.886]),
    peer("m3_quarterly", "median of four", [8.399, 0.997, 0.897]),
    peer("m3_monthly", "statsforecast ETS", [13.976, 0.908, 0.806]),
    peer("m3_monthly", "statsforecast Theta", [15.254, 0.910, 0.843]),
    peer("m3_monthly", "statsforecast DOT", [13.525, 0.888, 0.784]),
    peer("m3_monthly", "median of four", [13.412, 0.876, 0.775]),
    peer("m4_weekly", "statsforecast ETS", [9.755, 2.449, 0.909]),
    peer("m4_weekly", "statsforecast Theta", [10.658, 2.627, 0.984]),
    peer("m4_weekly", "statsforecast DOT", [10.471, 2.595, 0.970]),
    peer("m4_daily", "statsforecast ETS", [1.878, 3.110, 1.013]),
    peer("m4_daily", "statsforecast Theta", [1.883, 3.208, 1.030]),
    peer("m4_daily", "statsforecast DOT", [1.843, 3.124, 1.006]),
    peer("m4_daily", "median of four", [1.831, 3.071, 0.994]),
    peer("m4_hourly", "statsforecast ETS", [17.921, 1.586, 0.895]),
    peer("m4_hourly", "statsforecast Theta", [16.274, 2.335, 1.009]),
    peer("m4_hourly", "statsforecast DOT", [16.220, 2.257, 0.991]),
    peer(
        "spotify_track_daily",
        "statsforecast ETS",
        [7.605, 0.727, 0.971],
    ),
    peer(
        "spotify_track_daily",
        "statsforecast Theta",
        [7.506, 0.715, 0.956],
    ),
    peer(
        "spotify_track_daily",
        "statsforecast DOT",
        [7.420, 0.724, 0.957],
    ),
    peer(
        "spotify_track_daily",
        "median of four",
        [7.292, 0.706, 0.937],
    ),
    peer("wiki_daily", "statsforecast ETS", [34.696, 1.368, 1.236]),
    peer("wiki_daily", "statsforecast Theta", [28.839, 1.114, 1.018]),
    peer("wiki_daily", "statsforecast DOT", [28.721, 1.099, 1.010]),
    peer("wiki_daily", "median of four", [29.125, 1.094, 1.017]),
];

const fn peer(group: &'static str, name: &'static str, figures: [f64; 3]) -> Peer {
    let [smape, mase, owa] = figures;
    Peer {
        group,
        name,
        smape,
        mase,
        owa,
    }
}

/// The files of a folder whose names end in `.jsonl` or `.jsonl.gz`, in the order of their names.
///
/// # Errors
///
/// [`MlError::Data`] for a folder without such a file; whatever is wrong with a file, with its name.
pub fn groups(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if name(&path).is_some() {
            paths.push(path);
        }
    }
    paths.sort();
    if paths.is_empty() {
        return Err(MlError::Data(
            "the folder has no file *.jsonl or *.jsonl.gz".to_owned(),
        ));
    }
    Ok(paths)
}

fn name(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".gz")
        .unwrap_or(name)
        .strip_suffix(".jsonl")
}

impl Group {
    /// Reads a group's file.
    ///
    /// # Errors
    ///
    /// [`MlError::Line`] for a series that can't be measured.
    pub fn read(path: &Path) -> Result<Self> {
        let series = read_all(open(path)?)?;
        for each in &series {
            let fault = |field: &str, rule: &str| Err(MlError::line(each.line, field, rule));
            if each.season.is_none() {
                return fault("m", "must be there to be measured");
            }
            let Some(horizon) = each.horizon else {
                return fault("h", "must be there to be measured");
            };
            if each.followed.len() != horizon {
                return fault("test", &format!("must have h = {horizon} values"));
            }
        }
        let name = name(path).unwrap_or_default().to_owned();
        Ok(Self { name, series })
    }

    /// Parts of the series that have one season and horizon: these two, and places in the group.
    fn parts(&self) -> Vec<(usize, usize, Vec<usize>)> {
        let mut parts: Vec<(usize, usize, Vec<usize>)> = Vec::new();
        for (place, each) in self.series.iter().enumerate() {
            let (Some(season), Some(horizon)) = (each.season, each.horizon) else {
                continue;
            };
            match parts
                .iter_mut()
                .find(|part| (part.0, part.1) == (season, horizon))
            {
                Some(part) => part.2.push(place),
                None => parts.push((season, horizon, vec![place])),
            }
        }
        parts
    }

    /// Others' figures on this group.
    pub fn peers(&self) -> impl Iterator<Item = &'static Peer> {
        PEERS
            .iter()
            .filter(|peer| self.name.split('.').next() == Some(peer.group))
    }
}

/// What a forecaster is worth on a group.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its errors.
    pub tally: Tally,
    /// Where the OWA of 95 in 100 redrawn groups lies. Series whose ids differ only in what stands
    /// before the first hyphen are drawn together: they are one track in several countries.
    pub owa_range: (f64, f64),
    /// Seconds that forecasting took.
    pub seconds: f64,
}

/// Forecasts a group's series by their histories alone, and measures against what followed.
pub fn evaluate(
    group: &Group,
    by: &mut Forecaster,
    threads: usize,
    control: &mut dyn Control,
) -> Result<Report> {
    let began = std::time::Instant::now();
    let mut outcomes: Vec<(&Series, Tally)> = Vec::new();
    for (season, horizon, places) in group.parts() {
        let part: Vec<&Series> = places
            .iter()
            .filter_map(|place| group.series.get(*place))
            .collect();
        let known: Vec<Series> = part.iter().map(|each| each.known()).collect();
        let forecasts = by.forecast(&known, season, horizon, threads, control)?;
        for (series, forecast) in part.into_iter().zip(&forecasts) {
            let mut tally = Tally::default();
            tally
                .add(&Outcome {
                    history: &series.history,
                    actual: &series.followed,
                    mean: &forecast.mean,
                    low: &forecast.q10,
                    high: &forecast.q90,
                    season,
                })
                .map_err(|error| MlError::line(series.line, "train", error.to_string()))?;
            outcomes.push((series, tally));
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    let mut tally = Tally::default();
    for (_, one) in &outcomes {
        tally.join(one);
    }
    Ok(Report {
        owa_range: redrawn(&outcomes),
        tally,
        seconds,
    })
}

/// The middle 95 in 100 of the OWAs of groups drawn from this one, cluster by cluster.
fn redrawn(outcomes: &[(&Series, Tally)]) -> (f64, f64) {
    let mut clusters: std::collections::BTreeMap<&str, Tally> = std::collections::BTreeMap::new();
    for (series, tally) in outcomes {
        let cluster = series
            .id
            .split_once('-')
            .map_or(series.id.as_str(), |id| id.1);
        clusters.entry(cluster).or_default().join(tally);
    }
    let clusters: Vec<Tally> = clusters.into_values().collect();
    let mut random = Random::new(1);
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let mut all = Tally::default();
            for _ in 0..clusters.len() {
                if let Some(tally) = clusters.get(random.below(clusters.len())) {
                    all.join(tally);
                }
            }
            all.owa()
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |place: usize| drawn.get(place).copied().unwrap_or(f64::NAN);
    (at(DRAWS / 40), at(DRAWS - 1 - DRAWS / 40))
}
