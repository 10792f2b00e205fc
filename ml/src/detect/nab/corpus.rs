//! The benchmark's files: `windows.json` and `data/<group>/<name>.csv`, compressed or not.

use std::collections::BTreeMap;
use std::path::Path;

use super::score::Window;
use crate::detect::series::{Series, seconds};
use crate::table::open;
use crate::{MlError, Result};

/// A series and the windows of its anomalies.
#[derive(Debug, Clone)]
pub struct Labelled {
    /// Group and name, as in `realTweets/Twitter_volume_AAPL.csv`.
    pub name: String,
    /// The points.
    pub series: Series,
    /// First and last point of each window, in their order.
    pub windows: Vec<Window>,
}

/// All files of a folder.
#[derive(Debug, Clone)]
pub struct Corpus {
    /// In the order of their names.
    pub files: Vec<Labelled>,
}

impl Corpus {
    /// Reads a corpus.
    ///
    /// # Errors
    ///
    /// [`MlError::Data`] where `windows.json` is not what it should be, names a file that is not
    /// there, or a window without a point; whatever is wrong with a series.
    pub fn read(folder: &Path) -> Result<Self> {
        let labels: BTreeMap<String, Vec<[String; 2]>> =
            serde_json::from_reader(open(&folder.join("windows.json"))?)
                .map_err(|error| MlError::Data(format!("windows.json: {error}")))?;
        let files: Result<Vec<Labelled>> = labels
            .into_iter()
            .map(|(name, spans)| {
                let plain = folder.join("data").join(&name);
                let packed = folder.join("data").join(format!("{name}.gz"));
                let path = if plain.exists() { plain } else { packed };
                let series = open(&path)
                    .and_then(Series::read)
                    .map_err(|error| MlError::Data(format!("{}: {error}", path.display())))?;
                let windows: Option<Vec<Window>> = spans
                    .iter()
                    .map(|[from, to]| window(&series, seconds(from)?, seconds(to)?))
                    .collect();
                let windows = windows
                    .ok_or_else(|| MlError::Data(format!("{name}: a window without points")))?;
                Ok(Labelled {
                    name,
                    series,
                    windows,
                })
            })
            .collect();
        Ok(Self { files: files? })
    }

    /// Anomaly windows of all files.
    pub fn windows(&self) -> usize {
        self.files.iter().map(|file| file.windows.len()).sum()
    }

    /// Points of all files.
    pub fn points(&self) -> usize {
        self.files.iter().map(|file| file.series.values.len()).sum()
    }
}

fn window(series: &Series, from: i64, to: i64) -> Option<Window> {
    let inside = |time: &i64| (from..=to).contains(time);
    Some(Window {
        first: series.times.iter().position(inside)?,
        last: series.times.iter().rposition(inside)?,
    })
}
