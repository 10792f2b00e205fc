//! What can be typed of how to master, whatever is to be mastered.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

/// The sound that is wanted.
#[derive(Debug, clap::Args)]
pub struct WishArgs {
    /// A mastering target by name: spotify, apple-music, youtube, tidal, amazon, deezer,
    /// soundcloud, cd, club, podcast, or one of the settings' own; natural for the track's own
    /// loudness, reference for the references', preset for what the preset or the assistant
    /// suggests. spotify when neither this nor --lufs is given.
    #[arg(long, conflicts_with = "lufs")]
    pub target: Option<String>,
    /// Integrated loudness of one's own, LUFS, -36 to -5.
    #[arg(long, allow_negative_numbers = true)]
    pub lufs: Option<f64>,
    /// Highest true peak, dBTP, -9 to 0; the target's when absent.
    #[arg(long, allow_negative_numbers = true)]
    pub ceiling: Option<f64>,
    /// Lowers the ceiling as far as it takes to stay under full scale after lossy coding too.
    #[arg(long)]
    pub codec_safe: bool,
    /// A preset by name (transparent, balanced, pop, rock, metal, `hip_hop`,
    /// electronic, `acoustic_folk`, jazz, classical, `spoken_word`), or assistant, which chooses by what it finds
    /// in the track. transparent when absent.
    #[arg(long, value_name = "NAME|assistant")]
    pub preset: Option<String>,
    /// An amount of one of the preset's stages (eq, `low_mono`, multiband, saturation, declip), in
    /// percent; may be repeated.
    #[arg(long = "amount", value_name = "STAGE=PERCENT", value_parser = amount)]
    pub amounts: Vec<(String, f64)>,
    /// A track whose tone the master should come close to, and how much it counts beside others;
    /// may be repeated.
    #[arg(long = "reference", value_name = "FILE[:WEIGHT]", value_parser = reference)]
    pub references: Vec<ReferenceArg>,
    /// File format of every output; else by its name, where it has one, else wav.
    #[arg(long)]
    pub format: Option<FormatArg>,
    /// Bits a sample of every output that says nothing else; 24 when absent.
    #[arg(long)]
    pub bits: Option<BitsArg>,
}

/// A track to go by.
#[derive(Debug, Clone, PartialEq)]
pub struct ReferenceArg {
    /// The file.
    pub path: PathBuf,
    /// How much it counts.
    pub weight: f64,
}

/// File formats of a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// RIFF WAVE.
    Wav,
    /// FLAC.
    Flac,
    /// Ogg Vorbis.
    Vorbis,
}

/// Bits a sample of a master.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BitsArg {
    /// 16-bit integer, dithered.
    #[value(name = "16")]
    B16,
    /// 24-bit integer.
    #[value(name = "24")]
    B24,
    /// 32-bit float; WAV and Vorbis only.
    #[value(name = "32f")]
    F32,
}

/// A file by that very name is meant whole, whatever stands behind its last colon.
fn reference(text: &str) -> Result<ReferenceArg, String> {
    let of = |path: &str, weight| ReferenceArg {
        path: PathBuf::from(path),
        weight,
    };
    let Some((path, weight)) = text.rsplit_once(':') else {
        return Ok(of(text, 1.0));
    };
    match weight.parse() {
        Ok(weight) if !Path::new(text).exists() => Ok(of(path, weight)),
        Err(_) if Path::new(path).exists() => Err(format!("{weight}: not a weight")),
        _ => Ok(of(text, 1.0)),
    }
}

fn amount(text: &str) -> Result<(String, f64), String> {
    let written = text.split_once('=').and_then(|(stage, percent)| {
        let percent = percent.trim_end_matches('%').parse().ok()?;
        Some((stage.to_owned(), percent))
    });
    written.ok_or_else(|| "write STAGE=PERCENT, as in saturation=20".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_may_have_a_weight() {
        let one = reference("ref.wav:2.5").unwrap();
        assert_eq!(
            (one.path.as_path(), one.weight),
            (Path::new("ref.wav"), 2.5)
        );
        let drive = reference("c:song.wav").unwrap();
        assert_eq!(drive.path, Path::new("c:song.wav"));
        assert_eq!(amount("eq=30%").unwrap(), ("eq".to_owned(), 30.0));
        assert!(amount("eq").is_err());
    }
}
