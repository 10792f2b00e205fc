//! What the studio measured in an artist's tracks, as figures that analytics can look at.

use std::collections::BTreeMap;

use ml::analytics::MeasuredTrack;
use models::analyses::TrackReport;
use models::{ArtistId, analyses};
use serde_json::Value;

use crate::ending::Ending;
use crate::environment::Environment;

/// Tracks that are looked at, the newest first.
const MOST: i64 = 500;
/// Figures of a report by their names here, and where they are in it.
const FIGURES: [(&str, &str); 11] = [
    ("loudness_lufs", "/measurement/integrated_lufs"),
    ("loudness_range_lu", "/measurement/lra_lu"),
    ("true_peak_dbtp", "/measurement/true_peak_dbtp"),
    ("peak_to_loudness_db", "/measurement/plr_db"),
    ("crest_db", "/measurement/crest_db"),
    ("duration_seconds", "/measurement/duration_seconds"),
    ("width_db", "/analysis/image/width_db"),
    ("stereo_correlation", "/analysis/image/correlation"),
    ("left_right_balance_db", "/analysis/image/balance_db"),
    ("tempo_bpm", "/analysis/tempo/bpm"),
    ("tempo_confidence", "/analysis/tempo/confidence"),
];
/// Bands up to here are low, and from the other on high, Hz.
const LOW_HZ: f64 = 200.0;
const HIGH_HZ: f64 = 4000.0;

/// The tracks that were analysed, each with its newest analysis.
pub async fn tracks(
    environment: &Environment,
    artist: ArtistId,
) -> Result<Vec<MeasuredTrack>, Ending> {
    let mut db = environment.pool.get().await?;
    let reports = analyses::reports(&mut db, artist, MOST).await?;
    Ok(reports.into_iter().map(measured).collect())
}

fn measured(of: TrackReport) -> MeasuredTrack {
    let TrackReport {
        track_id,
        isrc,
        report,
    } = of;
    let mut features: BTreeMap<String, f64> = FIGURES
        .iter()
        .filter_map(|(name, place)| Some(((*name).to_owned(), report.pointer(place)?.as_f64()?)))
        .collect();
    let minor = report
        .pointer("/analysis/key/minor")
        .and_then(Value::as_bool);
    features.extend(minor.map(|minor| ("minor_key".to_owned(), f64::from(u8::from(minor)))));
    features.extend(tilt(&report).map(|tilt| ("low_over_high_db".to_owned(), tilt)));
    let words = [Some(track_id.to_string()), isrc];
    MeasuredTrack {
        words: words.into_iter().flatten().collect(),
        features,
    }
}

/// How much stronger low bands are than high ones, dB.
fn tilt(report: &Value) -> Option<f64> {
    let bands = report.pointer("/measurement/spectrum")?.as_array()?;
    let mean = |within: &dyn Fn(f64) -> bool| {
        let bands = bands.iter().filter_map(|band| {
            let (hz, db) = (band.get("hz")?.as_f64()?, band.get("db")?.as_f64()?);
            within(hz).then_some(db)
        });
        let bands: Vec<f64> = bands.collect();
        (!bands.is_empty()).then(|| bands.iter().sum::<f64>() / bands.len() as f64)
    };
    Some(mean(&|hz| hz <= LOW_HZ)? - mean(&|hz| hz >= HIGH_HZ)?)
}

#[cfg(test)]
mod tests {
    use models::TrackId;
    use serde_json::json;

    use super::*;

    #[test]
    fn figures_are_found_where_the_studio_puts_them() {
        let id = TrackId::new();
        let report = json!({
            "measurement": {
                "integrated_lufs": -9.5, "lra_lu": null, "duration_seconds": 180.0,
                "spectrum": [{"hz": 100.0, "db": -20.0}, {"hz": 1000.0, "db": 0.0}, {"hz": 8000.0, "db": -50.0}],
            },
            "analysis": { "key": { "minor": true }, "tempo": { "bpm": 120.0 } },
        });
        let found = measured(TrackReport {
            track_id: id,
            isrc: Some("DEA621000001".to_owned()),
            report,
        });
        assert_eq!(found.words, [id.to_string(), "DEA621000001".to_owned()]);
        let told: Vec<_> = found
            .features
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        assert_eq!(
            told,
            [
                ("duration_seconds", 180.0),
                ("loudness_lufs", -9.5),
                ("low_over_high_db", 30.0),
                ("minor_key", 1.0),
                ("tempo_bpm", 120.0),
            ]
        );
    }
}
