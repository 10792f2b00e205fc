//! What was typed, as the platform's own wish for a master.

use intake::{
    Amounts, Bits, CustomTarget, Dither, Format, MasterRequest, Output, Target, WeightedReference,
};
use uuid::Uuid;

use crate::args::{BitsArg, FormatArg, MasterArgs, OutputArg};

/// The wish. `references` are the tracks of the references, in their order.
pub fn request(
    args: &MasterArgs,
    track_id: Uuid,
    references: &[Uuid],
) -> anyhow::Result<MasterRequest> {
    let (target, ceiling_dbtp) = match (args.lufs, &args.target) {
        (Some(integrated_lufs), _) => {
            let custom = CustomTarget {
                integrated_lufs,
                ceiling_dbtp: args.ceiling,
            };
            (Target::Custom(custom), None)
        }
        (None, name) => {
            let name = name.as_deref().unwrap_or("spotify");
            (Target::Named(name.to_owned()), args.ceiling)
        }
    };
    let references = references.iter().zip(&args.references);
    let references: Vec<_> = references
        .map(|(&track_id, reference)| WeightedReference {
            track_id,
            weight: reference.weight,
        })
        .collect();
    let outputs = args.outputs.iter().map(|output| wanted(args, output));
    let request = MasterRequest {
        ceiling_dbtp,
        codec_safe: args.codec_safe,
        preset: args.preset.clone(),
        amounts: amounts(&args.amounts)?,
        references: (!references.is_empty()).then_some(references),
        ..MasterRequest::new(track_id, target)
    };
    // A single file is asked for by the short form, so that a refusal names the option as typed.
    Ok(match args.outputs.as_slice() {
        [only] if only.is_plain() => MasterRequest {
            format: Some(format(args, only)),
            bits: bits(args, only),
            ..request
        },
        _ => MasterRequest {
            outputs: Some(outputs.collect()),
            ..request
        },
    })
}

fn wanted(args: &MasterArgs, output: &OutputArg) -> Output {
    Output {
        format: format(args, output),
        bits: bits(args, output),
        dither: if output.shaped {
            Dither::Shaped
        } else {
            Dither::Triangular
        },
        sample_rate_hz: output.rate,
        excerpt_seconds: output.excerpt,
    }
}

fn format(args: &MasterArgs, output: &OutputArg) -> Format {
    let named = |ending: &str| {
        let extension = output.path.extension();
        extension.is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
    };
    let named = if named("flac") {
        FormatArg::Flac
    } else if named("ogg") || named("oga") {
        FormatArg::Vorbis
    } else {
        FormatArg::Wav
    };
    match args.format.unwrap_or(named) {
        FormatArg::Wav => Format::Wav,
        FormatArg::Flac => Format::Flac,
        FormatArg::Vorbis => Format::Vorbis,
    }
}

/// `--bits` is for the files that have bits to choose.
fn bits(args: &MasterArgs, output: &OutputArg) -> Option<Bits> {
    let vorbis = format(args, output) == Format::Vorbis;
    let bits = output.bits.or(args.bits.filter(|_| !vorbis))?;
    Some(match bits {
        BitsArg::B16 => Bits::B16,
        BitsArg::B24 => Bits::B24,
        BitsArg::F32 => Bits::F32,
    })
}

/// By the API's own names, so that it says itself what it doesn't know.
fn amounts(given: &[(String, f64)]) -> anyhow::Result<Amounts> {
    let given = given
        .iter()
        .map(|(stage, percent)| (stage.clone(), (*percent).into()));
    let given = serde_json::Value::Object(given.collect());
    serde_json::from_value(given).map_err(|error| anyhow::anyhow!("--amount: {error}"))
}

impl OutputArg {
    fn is_plain(&self) -> bool {
        self.rate.is_none() && !self.shaped && self.excerpt.is_none()
    }
}
