//! The assistant: chooses a preset, how far each of its stages goes and a loudness by what a
//! track is like, and says why.
//!
//! It goes by figures only, and by few: how far the tone lies from the curve of each preset, how
//! clear the beat is, how much the peaks stand out, how much the loudness moves, how wide the
//! bass is. Where they do not speak clearly it does less.

use super::report::Choice;
use crate::Preset;
use crate::meter::spectrum::Spectra;
use crate::meter::{Band, Measurement};
use crate::preset::levels::between;
use crate::preset::{self, BUILT_IN};
use crate::stage::matching;

/// What is taken where no genre fits clearly.
const UNDECIDED: &str = "balanced";
/// Presets that are for anything, or for what is not music, are not guessed.
const NOT_GUESSED: [&str; 3] = ["transparent", "balanced", "spoken_word"];
/// A tone further from every curve than this is its own, in dB on average.
const FAR_DB: f64 = 4.0;
/// A curve must be nearer than the next one by this for its genre to be believed, in dB.
const CLEAR_DB: f64 = 0.25;
/// Being nearer by this is as clear as it gets, in dB.
const VERY_CLEAR_DB: f64 = 1.0;
/// What a genre of the other kind, with or without a beat, counts further away, in dB.
const OTHER_KIND_DB: f64 = 1.0;
/// Confidence in the tempo above which there is a beat, and below which there is none.
const BEAT: f64 = 0.5;
const NO_BEAT: f64 = 0.2;
/// Peaks that stand out by less than this over the loudness were held down already, in dB.
const DENSE_PLR_DB: f64 = 10.0;
/// Peaks that stand out by more than this leave all the room that a preset takes, in dB.
const OPEN_PLR_DB: f64 = 14.0;
/// A track whose loudness moves by more than this lives by it, in LU.
const WIDE_LRA_LU: f64 = 12.0;
/// The loudness that such a track is not brought above, in LUFS.
const LOUDEST_OF_WIDE_LUFS: f64 = -14.0;
/// Peaks are held down by this at most for the sake of loudness, in dB.
const MOST_HELD_DB: f64 = 3.0;
/// The ceiling that is reckoned with where the preset has none, in dBTP.
const USUAL_CEILING_DBTP: f64 = -1.0;
/// No track is made quieter than this for the sake of its peaks, in LUFS.
const QUIETEST_LUFS: f64 = -18.0;
/// Where nothing is usual: what most players play at, in LUFS.
const PLAYED_AT_LUFS: f64 = -14.0;
/// Side against mid below which bass is mono for the ear, in dB.
const MONO_BASS_DB: f64 = -20.0;

/// What the assistant goes by, of a track or of an album.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Traits {
    spectrum: Vec<Band>,
    /// Mid and side.
    sides: Option<(Vec<Band>, Vec<Band>)>,
    /// Confidence in the tempo, 0 to 1.
    beat: f64,
    lra_lu: f64,
    plr_db: Option<f64>,
    clipped_peaks: u64,
}

impl Traits {
    pub(crate) fn of(figures: &Measurement, spectra: &Spectra) -> Self {
        let analysis = figures.analysis.as_ref();
        let tempo = analysis.and_then(|analysis| analysis.tempo);
        Self {
            spectrum: figures.spectrum.clone(),
            sides: spectra
                .sides
                .as_ref()
                .map(|(mid, side)| (mid.bands(), side.bands())),
            beat: tempo.map_or(0.0, |tempo| tempo.confidence),
            lra_lu: figures.lra_lu.unwrap_or(0.0),
            plr_db: figures.plr_db,
            clipped_peaks: analysis.map_or(0, |analysis| analysis.clipping.runs),
        }
    }

    /// Takes in those of another track; both count by their length. The widest loudness range
    /// and the lowest peaks count for all, so that no track is squeezed for the others' sake.
    pub(crate) fn pool(&mut self, seconds: f64, other: &Self, other_seconds: f64) {
        let share = other_seconds / (seconds + other_seconds).max(1e-9);
        pool(&mut self.spectrum, &other.spectrum, share);
        if let (Some((mid, side)), Some((other_mid, other_side))) = (&mut self.sides, &other.sides)
        {
            pool(mid, other_mid, share);
            pool(side, other_side, share);
        }
        self.beat += (other.beat - self.beat) * share;
        self.lra_lu = self.lra_lu.max(other.lra_lu);
        self.plr_db = match (self.plr_db, other.plr_db) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        self.clipped_peaks += other.clipped_peaks;
    }
}

/// The mean power of each band.
fn pool(bands: &mut [Band], others: &[Band], share: f64) {
    let power = |db: f64| 10.0_f64.powf(db / 10.0);
    for (band, other) in bands.iter_mut().zip(others) {
        let mean = power(band.db) * (1.0 - share) + power(other.db) * share;
        band.db = 10.0 * mean.log10();
    }
}

/// A preset for a track or an album, and why.
pub(crate) fn choose(
    traits: &Traits,
    has_references: bool,
) -> crate::Result<(Preset, Vec<Choice>)> {
    let mut choices = Vec::new();
    let mut preset = genre(traits, &mut choices)?;
    repair(&mut preset, traits, &mut choices);
    tone(&mut preset, traits, has_references, &mut choices);
    bass(&mut preset, traits, &mut choices);
    dynamics(&mut preset, traits, &mut choices);
    loudness(&mut preset, traits, &mut choices);
    Ok((preset, choices))
}

fn choice(about: &str, choice: impl Into<String>, reason: impl Into<String>) -> Choice {
    Choice {
        about: about.to_owned(),
        choice: choice.into(),
        reason: reason.into(),
    }
}

/// A preset and how far the track's tone lies from its curve, and from it as a genre.
struct Candidate {
    preset: Preset,
    distance_db: f64,
    fit_db: f64,
}

fn genre(traits: &Traits, choices: &mut Vec<Choice>) -> crate::Result<Preset> {
    let tempo = traits.beat;
    let mut candidates = Vec::new();
    for (name, _) in BUILT_IN.iter().filter(|it| !NOT_GUESSED.contains(&it.0)) {
        let preset = Preset::built_in(name)?;
        let Some(distance_db) = distance(&preset, &traits.spectrum) else {
            continue;
        };
        let has_beat = preset.multiband.is_some();
        let other_kind = has_beat && tempo < NO_BEAT || !has_beat && tempo > BEAT;
        candidates.push(Candidate {
            fit_db: distance_db + if other_kind { OTHER_KIND_DB } else { 0.0 },
            distance_db,
            preset,
        });
    }
    candidates.sort_by(|one, other| one.fit_db.total_cmp(&other.fit_db));
    let undecided = |reason: String, choices: &mut Vec<Choice>| {
        let preset = Preset::built_in(UNDECIDED)?;
        choices.push(choice("preset", &preset.title, reason));
        Ok(preset)
    };
    let mut candidates = candidates.into_iter();
    let (Some(best), Some(next)) = (candidates.next(), candidates.next()) else {
        let reason = "There is too little sound to tell a genre by.".to_owned();
        return undecided(reason, choices);
    };
    let (title, next_title) = (&best.preset.title, &next.preset.title);
    if best.distance_db > FAR_DB {
        let reason = format!(
            "No genre's tone is near: the nearest, {title}, lies {:.1} dB off in an average third \
             octave.",
            best.distance_db
        );
        return undecided(reason, choices);
    }
    if next.fit_db - best.fit_db < CLEAR_DB {
        let reason = format!(
            "The tone fits {title} and {next_title} about as well ({:.1} and {:.1} dB off in an \
             average third octave), so neither is taken for granted.",
            best.distance_db, next.distance_db
        );
        return undecided(reason, choices);
    }
    let kind = if tempo > BEAT {
        ", and there is a clear beat"
    } else if tempo < NO_BEAT {
        ", and there is no steady beat"
    } else {
        ""
    };
    let reason = format!(
        "The tone lies {:.1} dB off that of {title} in an average third octave, nearer than {:.1} \
         dB off the next, {next_title}{kind}.",
        best.distance_db, next.distance_db
    );
    choices.push(choice("preset", title, reason));
    let mut preset = best.preset;
    // The less clear the genre is, the less its curve shall be imposed.
    let clear = ((next.fit_db - best.fit_db) / VERY_CLEAR_DB).clamp(0.5, 1.0);
    if let Some(tone) = &mut preset.tone {
        tone.amount_percent = (tone.amount_percent * clear).round();
    }
    Ok(preset)
}

fn distance(preset: &Preset, spectrum: &[Band]) -> Option<f64> {
    let curve: Vec<Band> = preset.tone.as_ref()?.bands().collect();
    matching::apart(spectrum, &curve)
}

fn tone(preset: &mut Preset, traits: &Traits, has_references: bool, choices: &mut Vec<Choice>) {
    let before = distance(preset, &traits.spectrum);
    let title = preset.title.clone();
    let (Some(tone), Some(before)) = (&mut preset.tone, before) else {
        return;
    };
    choices.push(if has_references {
        choice(
            "eq",
            "the references",
            "References were given, and they know better.",
        )
    } else {
        choice(
            "eq",
            format!("{:.0} % of the way", tone.amount_percent),
            format!(
                "The tone lies {before:.1} dB off the curve of {title} in an average third octave; \
                 only that part of it is made up, and nowhere more than {:.1} dB, for the rest may \
                 be meant.",
                tone.most_db
            ),
        )
    });
}

fn bass(preset: &mut Preset, traits: &Traits, choices: &mut Vec<Choice>) {
    let Some(settings) = &preset.low_mono else {
        return;
    };
    let below = settings.below_hz;
    let width = traits
        .sides
        .as_ref()
        .and_then(|(mid, side)| Some(between(side, 0.0, below)? - between(mid, 0.0, below)?));
    match width {
        Some(width) if width > MONO_BASS_DB => choices.push(choice(
            "low_mono",
            format!("mono below {below:.0} Hz"),
            format!(
                "Below {below:.0} Hz the difference of left and right lies {width:.0} dB against \
                 their sum: bass that wide is weak on large systems and on vinyl."
            ),
        )),
        _ => {
            preset.low_mono = None;
            choices.push(choice(
                "low_mono",
                "off",
                format!("Below {below:.0} Hz the track is as good as mono already."),
            ));
        }
    }
}

fn dynamics(preset: &mut Preset, traits: &Traits, choices: &mut Vec<Choice>) {
    let Some(plr) = traits.plr_db else {
        return;
    };
    if preset.multiband.is_none() && preset.saturation.is_none() {
        return;
    }
    if plr < DENSE_PLR_DB {
        preset.multiband = None;
        preset.saturation = None;
        choices.push(choice(
            "multiband",
            "off, and no saturation",
            format!(
                "Peaks stand only {plr:.1} dB over the loudness: the mix is dense already, and \
                 more would flatten it."
            ),
        ));
        return;
    }
    let share = ((plr - DENSE_PLR_DB) / (OPEN_PLR_DB - DENSE_PLR_DB)).clamp(0.25, 1.0);
    let scaled = |amount: &mut f64| *amount = (*amount * share).round();
    if let Some(settings) = &mut preset.multiband {
        scaled(&mut settings.amount_percent);
        choices.push(choice(
            "multiband",
            format!("{:.0} %", settings.amount_percent),
            format!(
                "Peaks stand {plr:.1} dB over the loudness, which leaves {} for gentle dynamics.",
                if share < 1.0 { "some room" } else { "room" }
            ),
        ));
    }
    if let Some(settings) = &mut preset.saturation {
        scaled(&mut settings.amount_percent);
    }
}

fn loudness(preset: &mut Preset, traits: &Traits, choices: &mut Vec<Choice>) {
    let title = &preset.title;
    let range = traits.lra_lu;
    let usual = match &preset.loudness {
        Some(settings) => settings.integrated_lufs,
        None => Some(PLAYED_AT_LUFS),
    };
    let Some(lufs) = usual else {
        choices.push(choice(
            "loudness",
            "as it is",
            format!("{title} keeps the loudness at which it was mixed; players even it out."),
        ));
        return;
    };
    let ceiling_dbtp = preset.loudness.as_ref().and_then(|it| it.ceiling_dbtp);
    let peaks_db = traits.plr_db.unwrap_or(0.0);
    let kept_db = (peaks_db - MOST_HELD_DB).max(0.0);
    let loudest = (ceiling_dbtp.unwrap_or(USUAL_CEILING_DBTP) - kept_db).max(QUIETEST_LUFS);
    let wide = range > WIDE_LRA_LU && lufs > LOUDEST_OF_WIDE_LUFS;
    let (chosen, reason) = if lufs > loudest && !(wide && LOUDEST_OF_WIDE_LUFS < loudest) {
        let reason = format!(
            "Peaks stand {peaks_db:.1} dB over the loudness: at {lufs:.0} LUFS, usual for {title}, \
             they would have to be held down by more than {MOST_HELD_DB:.0} dB."
        );
        (loudest, reason)
    } else if wide {
        let reason = format!(
            "The loudness moves by {range:.0} LU: at the {lufs:.0} LUFS usual for {title} the \
             loud parts would be flattened."
        );
        (LOUDEST_OF_WIDE_LUFS, reason)
    } else if preset.loudness.is_some() {
        (lufs, format!("What {title} is usually mastered to."))
    } else {
        let reason = "What most players bring every track to; more would only be turned down.";
        (lufs, reason.to_owned())
    };
    // A tenth is as fine as anyone asks.
    let chosen = (chosen * 10.0).round() / 10.0;
    choices.push(choice("loudness", format!("{chosen:.1} LUFS"), reason));
    preset.loudness = Some(preset::Loudness {
        integrated_lufs: Some(chosen),
        ceiling_dbtp,
    });
}

fn repair(preset: &mut Preset, traits: &Traits, choices: &mut Vec<Choice>) {
    let peaks = traits.clipped_peaks;
    if peaks == 0 {
        return;
    }
    preset.declip = Some(preset::Declip {
        amount_percent: 100.0,
    });
    choices.push(choice(
        "declip",
        "where it is rare enough",
        format!("Peaks are cut off {peaks} times; single ones can be drawn anew."),
    ));
}
