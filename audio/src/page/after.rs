//! What becomes of the master elsewhere: after lossy coding, and at the services.

use super::tables::{Column, table};
use super::text;
use crate::codec::{Playback, Prediction};
use crate::master::Report;

/// Most rows of each table, and most characters of a sentence.
const MOST_ROWS: usize = 40;
const SENTENCE: usize = 300;

/// Both tables, of which either may be missing; nothing where both are.
pub(super) fn tables(report: &Report) -> String {
    let mut html = String::new();
    if !report.codecs.is_empty() {
        html.push_str(&codecs(&report.codecs));
    }
    if !report.playback.is_empty() {
        html.push_str(&playback(&report.playback));
    }
    html
}

fn codecs(codecs: &[Prediction]) -> String {
    let columns = [
        "Codec",
        "Likely peak, dBTP",
        "Safe peak, dBTP",
        "Loudness, LU",
    ];
    let rows = codecs.iter().take(MOST_ROWS).map(|codec| {
        let name = format!(
            "{} {} kb/s",
            text::escape(&codec.codec, 40),
            codec.bitrate_kbps
        );
        let cells = vec![
            peak(codec.true_peak_dbtp),
            peak(codec.worst_dbtp),
            text::signed(codec.loudness_change_lu, 2),
        ];
        (name, cells)
    });
    format!(
        "<h3>Lossy coding</h3>\n<p>Predicted, not encoded: 19 tracks of 20 stay under the safe \
         peak. Above 0 dBTP players may cut peaks off.</p>\n{}",
        table("after", &columns.map(Column::plain), rows)
    )
}

fn peak(dbtp: f64) -> String {
    let figure = text::signed(dbtp, 2);
    if dbtp > 0.0 {
        format!("<strong>{figure}</strong>")
    } else {
        figure
    }
}

fn playback(services: &[Playback]) -> String {
    let columns = ["Service", "Plays at, LUFS", "Gain, dB", "What that means"];
    let rows = services.iter().take(MOST_ROWS).map(|service| {
        let cells = vec![
            service
                .target_lufs
                .map_or_else(|| "–".to_owned(), text::level),
            text::signed(service.gain_db, 1),
            text::escape(&service.note, SENTENCE),
        ];
        (text::escape(&service.service, 60), cells)
    });
    format!(
        "<h3>Services</h3>\n<p>What each does when its listeners have loudness normalisation on; \
         none of them refuses a louder master.</p>\n{}",
        table("services", &columns.map(Column::plain), rows)
    )
}
