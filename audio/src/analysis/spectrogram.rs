//! A picture of the spectrum over time: mel rows, at most 1024 columns whatever the length.

use serde::{Deserialize, Serialize};

/// Rows of a picture.
pub const ROWS: usize = 128;
/// Most columns of a picture.
pub const MOST_COLUMNS: usize = 1_024;
/// The level of a byte of 0, in dBFS; 255 is 0 dBFS.
pub const DARKEST_DBFS: f64 = -100.0;

/// Levels over time and frequency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spectrogram {
    /// Columns of time.
    pub columns: usize,
    /// Rows of frequency: 128.
    pub rows: usize,
    /// Time from one column to the next, in seconds. The first begins at 0.
    pub seconds_per_column: f64,
    /// Edges of the rows in hertz, from the bottom up: 129 values, evenly spaced in mel
    /// (2595 log10(1 + f / 700), D. O'Shaughnessy, 1987).
    pub row_edges_hz: Vec<f64>,
    /// One byte for each point, row after row from the top (highest) down, each from left to
    /// right: 0 is -100 dBFS or less, 255 is 0 dBFS, linear in dB. The level is the power in
    /// the row, a full-scale sine being 0 dBFS.
    pub levels: Vec<u8>,
}

impl Spectrogram {
    /// A grey PNG file: white is loud.
    ///
    /// # Errors
    /// [`AudioError::Internal`](crate::AudioError::Internal) where the picture's sizes do not
    /// fit its bytes.
    pub fn png(&self) -> crate::Result<Vec<u8>> {
        let fault = |error: png::EncodingError| crate::AudioError::Internal(error.to_string());
        let size = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, size(self.columns), size(self.rows));
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(fault)?;
        writer.write_image_data(&self.levels).map_err(fault)?;
        writer.finish().map_err(fault)?;
        Ok(bytes)
    }
}

fn mel(hz: f64) -> f64 {
    2_595.0 * (1.0 + hz / 700.0).log10()
}

fn hertz(mel: f64) -> f64 {
    700.0 * (10.0_f64.powf(mel / 2_595.0) - 1.0)
}

/// A bin's share in a row.
#[derive(Debug, Clone, Copy)]
struct Share {
    bin: usize,
    weight: f32,
}

type Column = [f32; ROWS];

/// Collects columns; when there are too many, pairs of them become one.
pub(crate) struct Painter {
    shares: Vec<Vec<Share>>,
    row_edges_hz: Vec<f64>,
    window_seconds: f64,
    windows_per_column: u64,
    columns: Vec<Column>,
    current: Column,
    held: u64,
}

impl Painter {
    /// A painter of windows of `size` samples that follow each other without overlap.
    pub(crate) fn new(sample_rate_hz: f64, size: usize) -> Self {
        let highest = mel(sample_rate_hz / 2.0);
        let row_edges_hz: Vec<f64> = (0..=ROWS)
            .map(|edge| hertz(highest * edge as f64 / ROWS as f64))
            .collect();
        let bin_hz = sample_rate_hz / size as f64;
        let shares = row_edges_hz
            .iter()
            .zip(row_edges_hz.iter().skip(1))
            .map(|(low, high)| shares(low / bin_hz, high / bin_hz, size / 2))
            .collect();
        Self {
            shares,
            row_edges_hz,
            window_seconds: size as f64 / sample_rate_hz,
            windows_per_column: 1,
            columns: Vec::new(),
            current: [0.0; ROWS],
            held: 0,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.held == 0 && self.columns.is_empty()
    }

    /// Takes the power spectrum of the next window.
    pub(crate) fn push(&mut self, power: &[f32]) {
        for (row, shares) in self.current.iter_mut().zip(&self.shares) {
            *row += shares
                .iter()
                .map(|share| power.get(share.bin).unwrap_or(&0.0) * share.weight)
                .sum::<f32>();
        }
        self.held += 1;
        if self.held == self.windows_per_column {
            self.close_column();
        }
    }

    fn close_column(&mut self) {
        if self.columns.len() == MOST_COLUMNS {
            let (pairs, _) = self.columns.as_chunks::<2>();
            self.columns = pairs
                .iter()
                .map(|[one, two]| {
                    let mut sum = *one;
                    for (sum, power) in sum.iter_mut().zip(two) {
                        *sum += power;
                    }
                    sum
                })
                .collect();
            self.windows_per_column *= 2;
            // The column at hand covers only half of the new grid.
            return;
        }
        self.columns.push(self.current);
        self.current = [0.0; ROWS];
        self.held = 0;
    }

    pub(crate) fn finish(mut self) -> Spectrogram {
        if self.held > 0 && self.columns.len() < MOST_COLUMNS {
            // The last column is filled up as if it went on like this.
            let share = self.windows_per_column as f64 / self.held as f64;
            #[expect(clippy::cast_possible_truncation, reason = "for drawing")]
            let column = self.current.map(|power| (f64::from(power) * share) as f32);
            self.columns.push(column);
        }
        let mut levels = Vec::with_capacity(ROWS * self.columns.len());
        for row in (0..ROWS).rev() {
            levels.extend(self.columns.iter().map(|column| {
                let power = column.get(row).copied().unwrap_or(0.0);
                level(f64::from(power) / self.windows_per_column as f64)
            }));
        }
        Spectrogram {
            columns: self.columns.len(),
            rows: ROWS,
            seconds_per_column: self.window_seconds * self.windows_per_column as f64,
            row_edges_hz: self.row_edges_hz,
            levels,
        }
    }
}

/// The bins between two fractional ones; a bin reaches half a bin to both sides. A window's
/// main lobe spreads the power of a sine over 1.5 bins.
fn shares(low: f64, high: f64, last: usize) -> Vec<Share> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "bins are positive and few"
    )]
    let reach = (low - 0.5).max(0.0) as usize..=((high + 0.5).max(0.0) as usize).min(last);
    reach
        .filter_map(|bin| {
            let middle = bin as f64;
            let share = (high.min(middle + 0.5) - low.max(middle - 0.5)).clamp(0.0, 1.0) / 1.5;
            #[expect(clippy::cast_possible_truncation, reason = "the spectrum is in f32")]
            (share > 0.0).then_some(Share {
                bin,
                weight: share as f32,
            })
        })
        .collect()
}

/// Power to a byte.
fn level(power: f64) -> u8 {
    let db = 10.0 * power.max(1.0e-30).log10();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a float turns into an integer saturating"
    )]
    {
        (255.0 * (1.0 - db / DARKEST_DBFS)).round() as u8
    }
}

#[cfg(test)]
mod tests {
    use super::super::signals::sine;
    use super::super::transform::Transform;
    use super::*;

    fn paint(rate: u32, plane: &[f32]) -> Spectrogram {
        let size = Transform::size_for(f64::from(rate), 12.0);
        let mut transform = Transform::new(size, size);
        let mut painter = Painter::new(f64::from(rate), size);
        transform.push(plane, |power| painter.push(power));
        painter.finish()
    }

    #[test]
    fn a_sine_is_bright_in_its_row_and_only_there() {
        for rate in [8_000, 44_100, 192_000] {
            for hz in [150.0, 1_000.0, 3_500.0] {
                let picture = paint(rate, &sine(rate, 2.0, hz, 1.0));
                assert_eq!(picture.levels.len(), picture.columns * ROWS);
                let edges = &picture.row_edges_hz;
                let row = edges.iter().position(|edge| *edge > hz).unwrap() - 1;
                let column = picture.columns / 2;
                let at = |row: usize| picture.levels[(ROWS - 1 - row) * picture.columns + column];
                // A sine on the edge of two rows is shared by both.
                assert!(at(row) > 244, "{rate} {hz}: {}", at(row));
                let far = if row > 64 { row - 30 } else { row + 30 };
                assert!(at(far) < 20, "{rate} {hz}: {}", at(far));
            }
        }
    }

    #[test]
    fn columns_merge_as_the_track_grows() {
        let mut painter = Painter::new(44_100.0, 4_096);
        let mut power = vec![0.0; 2_049];
        for index in 0..5_000 {
            // Loud from the middle on.
            power.fill(if index < 2_500 { 0.0 } else { 1.0 });
            painter.push(&power);
        }
        let picture = painter.finish();
        assert_eq!(picture.columns, 5_000_usize.div_ceil(8));
        assert!((picture.seconds_per_column - 8.0 * 4_096.0 / 44_100.0).abs() < 1e-9);
        let row = &picture.levels[..picture.columns];
        assert_eq!((row[311], row[314], row[624]), (0, 255, 255));
    }

    #[test]
    fn the_png_holds_every_point() {
        let picture = paint(44_100, &sine(44_100, 1.0, 1_000.0, 0.5));
        let bytes = picture.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(
            (info.width as usize, info.height as usize),
            (picture.columns, ROWS)
        );
        assert_eq!(pixels, picture.levels);
    }
}
