//! What can be typed for `master`.

use std::path::PathBuf;

use clap::ValueEnum;

use super::wish::{BitsArg, WishArgs};

/// What to make of a local file.
#[derive(Debug, clap::Args)]
pub struct MasterArgs {
    /// The track.
    pub input: PathBuf,
    /// Where the master goes. May be repeated for several files of one master; each may say what it
    /// is to be: out.flac,bits=16,rate=44100,dither=shaped or teaser.ogg,excerpt=30. The format is
    /// the one of the name (.wav, .flac, .ogg), unless --format says otherwise.
    #[arg(
        short,
        long = "output",
        value_name = "FILE[,bits=…][,rate=HZ][,dither=…][,excerpt=SECONDS]",
        required = true,
        value_parser = output
    )]
    pub outputs: Vec<OutputArg>,
    #[command(flatten)]
    pub wish: WishArgs,
    /// Writes the report as JSON.
    #[arg(long, value_name = "FILE.json")]
    pub report: Option<PathBuf>,
    /// Writes the report as a page to read, with plots.
    #[arg(long, value_name = "FILE.html")]
    pub page: Option<PathBuf>,
}

/// One file to write.
#[derive(Debug, Clone, PartialEq)]
pub struct OutputArg {
    /// Where.
    pub path: PathBuf,
    /// Bits a sample.
    pub bits: Option<BitsArg>,
    /// Sample rate, Hz.
    pub rate: Option<u32>,
    /// Whether the dither of 16 bits is shaped.
    pub shaped: bool,
    /// Only the loudest part, of so many seconds.
    pub excerpt: Option<u32>,
}

/// Reads what stands behind the file's name from its end, so that the name itself may hold commas.
fn output(text: &str) -> Result<OutputArg, String> {
    let mut output = OutputArg {
        path: PathBuf::new(),
        bits: None,
        rate: None,
        shaped: false,
        excerpt: None,
    };
    let mut rest = text;
    while let Some((name, option)) = rest.rsplit_once(',') {
        let Some((key, value)) = option.split_once('=') else {
            break;
        };
        let wrong = || format!("{option}: not a value of {key}");
        match key {
            "bits" => {
                let bits = BitsArg::from_str(value, false);
                output.bits = Some(bits.map_err(|_| format!("{option}: bits are 16, 24 or 32f"))?);
            }
            "rate" => output.rate = Some(value.parse().map_err(|_| wrong())?),
            "excerpt" => output.excerpt = Some(value.parse().map_err(|_| wrong())?),
            "dither" if value == "shaped" => output.shaped = true,
            "dither" if value == "triangular" => output.shaped = false,
            "dither" => return Err("dither is triangular or shaped".to_owned()),
            _ => break,
        }
        rest = name;
    }
    output.path = PathBuf::from(rest);
    Ok(output)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn an_output_says_behind_its_name_what_it_is_to_be() {
        let plain = output("a, b=c.wav").unwrap();
        assert_eq!(plain.path, Path::new("a, b=c.wav"));
        let whole = output("my, song.flac,bits=16,rate=44100,dither=shaped").unwrap();
        assert_eq!(whole.path, Path::new("my, song.flac"));
        assert_eq!(
            (whole.bits, whole.rate, whole.shaped),
            (Some(BitsArg::B16), Some(44_100), true)
        );
        assert_eq!(output("a.ogg,excerpt=30").unwrap().excerpt, Some(30));
        for wrong in ["a.wav,bits=8", "a.wav,rate=fast", "a.wav,dither=much"] {
            assert!(output(wrong).is_err(), "{wrong}");
        }
    }
}
