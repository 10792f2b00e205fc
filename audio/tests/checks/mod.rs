//! What must hold of any file, however damaged: shared by the fuzzer and the replay of its corpus.

use std::fmt::Debug;
use std::io::{Cursor, Read, Seek, SeekFrom};
use std::panic::PanicHookInfo;

use audio::analysis::peaks::PeakBits;
use audio::master::{Bits, Format, Settings, Shaping};
use audio::meter::Meter;
use audio::{AudioError, Limits, Result, Source, Unwatched, Wants, faults, page};

use crate::signals::{master, settings};

/// What a file may claim to be by its name; its length says which of them this one does.
const HINTS: [Option<&str>; 6] = [
    None,
    Some("wav"),
    Some("mp3"),
    Some("m4a"),
    Some("ogg"),
    Some("flac"),
];

/// Longest audio that is read to its end, in samples of all channels together. A few kilobytes of
/// some codecs are hours of silence: sound, and no use for finding faults.
const MOST_SAMPLES: usize = 1 << 19;

/// Longest audio that is mastered, in the same unit.
const MOST_MASTERED: usize = 1 << 17;

/// What a whole file was found to hold.
pub struct Whole {
    /// Sample rate in hertz.
    pub sample_rate_hz: u32,
    /// Channels.
    pub channels: u16,
    /// Sample frames.
    pub frames: usize,
}

/// Opens, decodes and analyses a file as a worker does, and checks all that comes of it. `None`
/// for a file that is refused, or longer than is read here.
pub fn analyse(file: &[u8]) -> Option<Whole> {
    match analysed(file) {
        Ok(whole) => whole,
        Err(error) => {
            // Bytes in memory are always read: nothing but the file can be at fault.
            assert!(error.is_input_fault(), "{}: {error}", error.code());
            None
        }
    }
}

fn analysed(file: &[u8]) -> Result<Option<Whole>> {
    let hint = HINTS[file.len() % HINTS.len()];
    let bytes = Box::new(OnDisk(Cursor::new(file.to_vec())));
    let mut source = Source::open(bytes, hint, &Limits::default())?;
    let info = source.info().clone();
    let channels = usize::from(info.channels);
    assert_eq!(source.places().len(), channels, "{info:?}");
    let mut meter = Meter::new(info.sample_rate_hz, source.places()).analysing(Wants::ALL);
    let (mut block, mut frames) = (Vec::new(), 0);
    while let Some(more) = source.next_block(&mut block)? {
        assert_eq!(block.len(), more * channels, "{info:?}");
        let sound = |sample: &f32| sample.is_finite() && sample.abs() <= 1.0e6;
        assert!(block.iter().all(sound), "{info:?}");
        meter.push(&block);
        frames += more;
        if frames * channels > MOST_SAMPLES {
            return Ok(None);
        }
    }
    let mut measurement = meter.finish();
    let mut analysis = measurement.analysis.take().expect("it was asked for");
    let pictures = analysis.pictures.take().expect("they were asked for");
    let faults = faults(&analysis, &measurement);
    every_figure_is_one(&measurement);
    every_figure_is_one(&analysis);
    every_figure_is_one(&faults);
    // A figure that is none becomes a null, which no reader takes where a figure must be.
    let json = serde_json::to_string(&(&measurement, &analysis, &faults)).expect("JSON");
    let _: (audio::Measurement, audio::Analysis, Vec<audio::Fault>) =
        serde_json::from_str(&json).expect("what was written is read");
    pictures.spectrogram.png()?;
    for zoom in &pictures.peaks.zooms {
        pictures.peaks.dat(zoom, PeakBits::Eight);
    }
    Ok(Some(Whole {
        sample_rate_hz: info.sample_rate_hz,
        channels: info.channels,
        frames,
    }))
}

/// Masters a file that is [whole](analyse), with the default preset and as the assistant has it,
/// and checks report and master.
pub fn mastered(file: &[u8], whole: &Whole) {
    if whole.frames * usize::from(whole.channels) > MOST_MASTERED {
        return;
    }
    let plain = settings(-14.0, -1.0, Format::Wav, Bits::B24);
    let assisted = Settings {
        shaping: Shaping::Assistant,
        ..plain.clone()
    };
    for settings in [plain, assisted] {
        let (report, made) = match master(file.to_vec(), &settings) {
            Ok(made) => made,
            // Nobody knows how to mix some layouts down.
            Err(AudioError::TooManyChannels { .. }) => return,
            Err(error) => panic!("{}: {error}", error.code()),
        };
        every_figure_is_one(&report);
        let json = serde_json::to_string(&report).expect("JSON");
        let _: audio::Report = serde_json::from_str(&json).expect("what was written is read");
        let page = page::render(&report, "A song");
        assert!(!has_no_figure(&page), "the page shows what is no figure");
        let made = analyse_master(made).expect("a master is sound");
        assert_eq!(made.sample_rate_hz, whole.sample_rate_hz);
        assert_eq!(made.channels, whole.channels.min(2));
        assert_eq!(
            made.frames, whole.frames,
            "a master is as long as its source"
        );
        assert_eq!(report.output.frames, whole.frames as u64);
    }
}

fn analyse_master(file: Vec<u8>) -> Result<Whole> {
    let limits = Limits::default();
    let source = Source::open(Box::new(Cursor::new(file)), Some("wav"), &limits)?;
    let (info, places) = (source.info().clone(), source.places().len());
    assert_eq!(places, usize::from(info.channels));
    let measured = audio::measure(source, &mut Unwatched)?;
    every_figure_is_one(&measured);
    let frames = info.frames.expect("a WAV counts its frames");
    Ok(Whole {
        sample_rate_hz: info.sample_rate_hz,
        channels: info.channels,
        frames: usize::try_from(frames).expect("it lies in memory"),
    })
}

/// Neither "not a number" nor infinity is among the figures.
fn every_figure_is_one(told: &impl Debug) {
    let text = format!("{told:?}");
    assert!(!has_no_figure(&text), "{text}");
}

fn has_no_figure(text: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_')
        .any(|word| word == "NaN" || word == "inf")
}

/// Bytes that refuse to be read at a place where no file goes, as those on a disk do.
struct OnDisk(Cursor<Vec<u8>>);

impl Read for OnDisk {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Seek for OnDisk {
    fn seek(&mut self, to: SeekFrom) -> std::io::Result<u64> {
        let place = self.0.seek(to)?;
        i64::try_from(place).map_err(|_| std::io::ErrorKind::InvalidInput)?;
        Ok(place)
    }
}

/// Whether a panic is one of our own making. Those of foreign decoders are caught where they are
/// called, and make the file a damaged one; nobody may rely on that for code written here.
pub fn is_ours(panic: &PanicHookInfo<'_>) -> bool {
    panic
        .location()
        .is_none_or(|place| !place.file().contains("/registry/src/"))
}
