//! Tracks that are mastered together.

mod signals;

use std::sync::Arc;

use audio::Unwatched;
use audio::master::{Album, Bits, Format, Settings};
use signals::{decode, independent_lufs, master, master_with, music, open, settings, wav};

const RATE: u32 = 44_100;

fn tracks() -> Vec<Vec<u8>> {
    [(0.3, 41, RATE), (0.1, 42, RATE), (0.2, 43, 48_000)]
        .into_iter()
        .map(|(level, seed, rate)| wav(rate, 2, &music(rate, 8.0, level, seed)))
        .collect()
}

#[expect(clippy::unwrap_used, reason = "a test")]
fn album_of(tracks: &[Vec<u8>]) -> Album {
    let mut album = Album::new();
    for track in tracks {
        album
            .add(open(track.clone()).unwrap(), &mut Unwatched)
            .unwrap();
    }
    album
}

fn for_album(album: &Album, lufs: f64) -> Settings {
    let mut settings = settings(lufs, -1.0, Format::Wav, Bits::B24);
    settings.album = Some(Arc::new(album.clone()));
    settings
}

#[test]
fn an_album_reaches_the_loudness_and_its_tracks_keep_theirs_against_each_other() {
    let tracks = tracks();
    let album = album_of(&tracks);
    let settings = for_album(&album, -18.0);
    let mut whole = Album::new();
    let mut changes = Vec::new();
    for track in &tracks {
        let (report, file) = master(track.clone(), &settings).unwrap();
        assert!(report.target_reached, "{:?}", report.notes);
        let (before, after) = (report.before.integrated_lufs, report.after.integrated_lufs);
        changes.push(after.unwrap() - before.unwrap());
        let share = report.album.unwrap();
        assert_eq!(share.tracks, 3);
        whole.add(open(file).unwrap(), &mut Unwatched).unwrap();
    }
    let loudness = whole.integrated_lufs().unwrap();
    assert!((loudness + 18.0).abs() < 0.05, "{loudness}");
    assert!(
        changes.iter().all(|it| (it - changes[0]).abs() < 0.05),
        "{changes:?}"
    );
}

#[test]
fn one_album_of_one_track_is_that_track() {
    let tracks = &tracks()[..1];
    let album = album_of(tracks);
    let (report, _) = master(tracks[0].clone(), &for_album(&album, -16.0)).unwrap();
    assert!((report.after.integrated_lufs.unwrap() + 16.0).abs() < 0.05);
    let (_, samples) = decode(tracks[0].clone()).unwrap();
    let own = independent_lufs(RATE, 2, &samples);
    assert!((album.integrated_lufs().unwrap() - own).abs() < 0.02);
}

#[test]
fn a_track_that_cannot_follow_brings_all_of_them_down() {
    let mut clicks = vec![0.0_f32; 2 * 8 * RATE as usize];
    for click in clicks.chunks_mut(RATE as usize) {
        click[..40].fill(0.9);
    }
    let quiet = wav(RATE, 2, &music(RATE, 8.0, 0.3, 44));
    let tracks = [quiet, wav(RATE, 2, &clicks)];
    let mut album = album_of(&tracks);
    let mut rounds = 0;
    let lowered = loop {
        let settings = for_album(&album, -8.0);
        let reports: Vec<_> = tracks
            .iter()
            .map(|track| master(track.clone(), &settings).unwrap().0)
            .collect();
        rounds += 1;
        if !album.spare(&reports) || rounds == 6 {
            break reports[0].album.clone().unwrap().lowered_lu;
        }
    };
    assert!(lowered > 0.5 && rounds < 6, "{lowered} after {rounds}");
    assert!((album.lowered_lu() - lowered).abs() < 1e-9);
}

#[test]
fn all_tracks_take_the_same_curve_towards_a_reference() {
    let tracks = &tracks()[..2];
    let album = album_of(tracks);
    // The reference is darker than they are.
    let mut held = [0.0_f32; 2];
    let dark: Vec<f32> = music(RATE, 8.0, 0.3, 45)
        .chunks(2)
        .flat_map(|frame| {
            for (held, sample) in held.iter_mut().zip(frame) {
                *held += 0.3 * (sample - *held);
            }
            held
        })
        .collect();
    let dark = wav(RATE, 2, &dark);
    let settings = for_album(&album, -18.0);
    let curves: Vec<_> = tracks
        .iter()
        .map(|track| {
            let given = vec![dark.clone()];
            let made = master_with(track.clone(), given, &settings, &mut Unwatched);
            let stages = made.unwrap().0.stages;
            let eq = stages.into_iter().find(|it| it.stage == "eq").unwrap();
            assert!(eq.applied, "{}", eq.summary);
            eq.details["curve"].clone()
        })
        .collect();
    assert_eq!(curves[0], curves[1]);
}
