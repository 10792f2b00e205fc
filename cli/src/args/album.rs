//! What can be typed for `album`.

use std::path::PathBuf;

use super::wish::WishArgs;

/// What to make of local files that belong together.
#[derive(Debug, clap::Args)]
pub struct AlbumArgs {
    /// The tracks, in their order.
    #[arg(required = true, value_name = "FILE")]
    pub inputs: Vec<PathBuf>,
    /// The folder for the masters, each under its track's name.
    #[arg(short, long, value_name = "FOLDER")]
    pub output_dir: PathBuf,
    #[command(flatten)]
    pub wish: WishArgs,
    /// Writes the album's report as JSON, with those of all its tracks.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
}
