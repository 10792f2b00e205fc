//! A long run that is stopped goes on where it was, and ends with the same bytes.

mod signals;

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use audio::master::{Bits, Format, Settings};
use audio::{AudioError, Control, Report, Scratch, Stage, Workspace, master};
use signals::{Memory, music, open, preset, settings, wav};

/// Seconds of a track that is worth keeping, at a rate at which it is quickly made.
const LONG: f64 = 605.0;
const RATE: u32 = 8_000;

/// Files in a folder; sealed ones have another name.
struct Folder(PathBuf);

impl Workspace for Folder {
    fn scratch(&mut self, name: &str) -> io::Result<Box<dyn Scratch>> {
        let path = self.0.join(format!("{name}.part"));
        let mut options = File::options();
        let options = options.read(true).write(true).create(true).truncate(true);
        Ok(Box::new(options.open(path)?))
    }

    fn seal(&mut self, name: &str) -> io::Result<()> {
        fs::rename(self.0.join(format!("{name}.part")), self.0.join(name))
    }

    fn recall(&mut self, name: &str) -> io::Result<Option<Box<dyn Scratch>>> {
        match File::open(self.0.join(name)) {
            Ok(file) => Ok(Some(Box::new(file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Notes the stages, and stops the run at one of them.
#[derive(Default)]
struct Watch {
    stages: Vec<Stage>,
    stop_at: Option<Stage>,
}

impl Control for Watch {
    fn stage(&mut self, stage: Stage, _: f32) {
        if self.stages.last() != Some(&stage) {
            self.stages.push(stage);
        }
    }

    fn cancelled(&self) -> bool {
        self.stop_at.is_some() && self.stages.last() == self.stop_at.as_ref()
    }
}

fn run(
    file: &[u8],
    settings: &Settings,
    folder: &tempfile::TempDir,
    watch: &mut Watch,
) -> audio::Result<(Report, Vec<u8>)> {
    let mut made = Memory::default();
    let report = master::master(
        open(file.to_vec())?,
        Vec::new(),
        settings,
        &mut Folder(folder.path().to_owned()),
        &mut [&mut made],
        watch,
    )?;
    Ok((report, made.0.into_inner()))
}

#[test]
fn a_long_run_goes_on_behind_the_pass_that_was_whole_and_makes_the_same_bytes() {
    let file = wav(RATE, 2, &music(RATE, LONG, 0.4, 51));
    let mut settings = settings(-12.0, -1.0, Format::Wav, Bits::B16);
    settings.shaping = preset("rock");
    let undisturbed = tempfile::tempdir().unwrap();
    let (report, bytes) = run(&file, &settings, &undisturbed, &mut Watch::default()).unwrap();

    let folder = tempfile::tempdir().unwrap();
    let mut stopped = Watch {
        stop_at: Some(Stage::Encode),
        ..Watch::default()
    };
    let cancelled = run(&file, &settings, &folder, &mut stopped).unwrap_err();
    assert!(matches!(cancelled, AudioError::Cancelled));
    assert!(stopped.stages.contains(&Stage::Decode));

    let mut second = Watch::default();
    let (resumed, again) = run(&file, &settings, &folder, &mut second).unwrap();
    assert!(
        !second.stages.contains(&Stage::Decode),
        "{:?}",
        second.stages
    );
    assert!(bytes == again, "the resumed run made other bytes");
    assert_eq!(report, resumed);
}

#[test]
fn what_was_damaged_since_is_done_again() {
    let file = wav(RATE, 2, &music(RATE, LONG, 0.4, 52));
    let settings = settings(-14.0, -1.0, Format::Wav, Bits::B16);
    let folder = tempfile::tempdir().unwrap();
    let (_, bytes) = run(&file, &settings, &folder, &mut Watch::default()).unwrap();
    for damage in [b"".as_slice(), b"not what was kept"] {
        for name in ["decoded", "decoded-figures"] {
            assert!(folder.path().join(name).exists(), "{name}");
            fs::write(folder.path().join(name), damage).unwrap();
            let mut watch = Watch::default();
            let (_, again) = run(&file, &settings, &folder, &mut watch).unwrap();
            assert!(watch.stages.contains(&Stage::Decode), "{name}");
            assert!(bytes == again);
        }
    }
}

#[test]
fn songs_are_not_worth_keeping() {
    let file = wav(RATE, 2, &music(RATE, 30.0, 0.4, 53));
    let settings = settings(-14.0, -1.0, Format::Wav, Bits::B16);
    let folder = tempfile::tempdir().unwrap();
    run(&file, &settings, &folder, &mut Watch::default()).unwrap();
    assert!(!folder.path().join("decoded").exists());
}
