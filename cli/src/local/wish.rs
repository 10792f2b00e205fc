//! What was typed of how to master, as the platform's own wish.

use std::path::Path;

use intake::{Amounts, Bits, CustomTarget, Format, MasterRequest, Target, WeightedReference};
use uuid::Uuid;

use crate::args::{BitsArg, FormatArg, WishArgs};

/// The wish but for its files. `references` are the tracks of the references, in their order.
pub fn request(
    args: &WishArgs,
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
    Ok(MasterRequest {
        ceiling_dbtp,
        codec_safe: args.codec_safe,
        preset: args.preset.clone(),
        amounts: amounts(&args.amounts)?,
        references: (!references.is_empty()).then_some(references),
        ..MasterRequest::new(track_id, target)
    })
}

/// The format of a file: as typed, else by its name.
pub fn format(args: &WishArgs, path: &Path) -> Format {
    let named = |ending: &str| {
        let extension = path.extension();
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

/// The bits of a file: its `own`, else `--bits`, which is for the files that have bits to choose.
pub fn bits(args: &WishArgs, format: Format, own: Option<BitsArg>) -> Option<Bits> {
    let bits = own.or(args.bits.filter(|_| format != Format::Vorbis))?;
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
