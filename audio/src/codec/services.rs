//! What each streaming service will do to the loudness of a master.
//!
//! None of these figures is a limit of delivery: services take louder masters too and turn them
//! down when they play them. They are what the services and the pages about them tell, read in
//! 2026; where those are silent or disagree, the note says so. Album modes, which move all
//! tracks of an album by one gain, are left aside.

use serde::{Deserialize, Serialize};

/// How a service moves a track towards its target.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Rule {
    /// Plays everything as it is.
    Never,
    /// Turns loud tracks down and leaves quiet ones.
    DownOnly,
    /// Turns loud tracks down; turns quiet ones up as far as the true peak stays at or under
    /// this, in dBTP.
    UpToPeak(f64),
    /// Turns loud tracks down and quiet ones up.
    Both,
}

#[derive(Debug, Clone, Copy)]
struct Service {
    name: &'static str,
    target_lufs: f64,
    rule: Rule,
    remark: &'static str,
}

const SERVICES: [Service; 7] = [
    Service {
        name: "Spotify",
        target_lufs: -14.0,
        rule: Rule::UpToPeak(-1.0),
        remark: "The listener may choose -11 or -19 LUFS instead.",
    },
    Service {
        name: "Apple Music",
        target_lufs: -16.0,
        rule: Rule::Both,
        remark: "When the listener has Sound Check on.",
    },
    Service {
        name: "YouTube",
        target_lufs: -14.0,
        rule: Rule::DownOnly,
        remark: "",
    },
    Service {
        name: "Amazon Music",
        target_lufs: -14.0,
        rule: Rule::DownOnly,
        remark: "Whether quiet tracks are turned up is not told.",
    },
    Service {
        name: "Tidal",
        target_lufs: -14.0,
        rule: Rule::DownOnly,
        remark: "Whether quiet tracks are turned up is not told.",
    },
    Service {
        name: "Deezer",
        target_lufs: -15.0,
        rule: Rule::DownOnly,
        remark: "Whether quiet tracks are turned up is not told.",
    },
    Service {
        name: "SoundCloud",
        target_lufs: 0.0,
        rule: Rule::Never,
        remark: "Sources disagree; taken as playing every track as it is.",
    },
];

/// What one service does to a track when it plays it, normalisation being on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Playback {
    /// The service's name.
    pub service: String,
    /// Integrated loudness that the service plays at, in LUFS; none where it does not normalise.
    pub target_lufs: Option<f64>,
    /// Gain that it applies, in dB; below zero is down.
    pub gain_db: f64,
    /// What that means, in a sentence or two.
    pub note: String,
}

/// The playback gain of each service for a track of an integrated loudness in LUFS and a true
/// peak in dBTP. Of a track without a loudness (not a finite number) nothing is turned.
pub fn playback(integrated_lufs: f64, true_peak_dbtp: f64) -> Vec<Playback> {
    SERVICES
        .iter()
        .map(|service| service.play(integrated_lufs, true_peak_dbtp))
        .collect()
}

impl Service {
    fn play(&self, integrated_lufs: f64, true_peak_dbtp: f64) -> Playback {
        let wanted = if integrated_lufs.is_finite() {
            self.target_lufs - integrated_lufs
        } else {
            0.0
        };
        let gain_db = match self.rule {
            Rule::Never => 0.0,
            Rule::Both => wanted,
            Rule::DownOnly => wanted.min(0.0),
            Rule::UpToPeak(peak) => wanted.min((peak - true_peak_dbtp).max(0.0)),
        };
        Playback {
            service: self.name.to_owned(),
            target_lufs: (self.rule != Rule::Never).then_some(self.target_lufs),
            gain_db,
            note: self.note(wanted, gain_db, true_peak_dbtp + gain_db),
        }
    }

    fn note(&self, wanted: f64, gain_db: f64, peak_after: f64) -> String {
        // What rounds to nothing in the sentence is nothing.
        let moves = gain_db.abs() >= 0.05;
        let mut note = if self.rule == Rule::Never {
            "Played as it is.".to_owned()
        } else if moves && gain_db < 0.0 {
            format!(
                "Turned down by {:.1} dB to {:.0} LUFS.",
                -gain_db, self.target_lufs
            )
        } else if moves && gain_db < wanted - 0.05 {
            format!(
                "Turned up by {gain_db:.1} dB, as far as its peaks allow; {:.1} dB under the \
                 service's {:.0} LUFS.",
                wanted - gain_db,
                self.target_lufs
            )
        } else if moves {
            format!(
                "Turned up by {gain_db:.1} dB to {:.0} LUFS.",
                self.target_lufs
            )
        } else if wanted >= 0.05 {
            format!(
                "Left as it is, {wanted:.1} dB under the service's {:.0} LUFS.",
                self.target_lufs
            )
        } else {
            format!("Already at the service's {:.0} LUFS.", self.target_lufs)
        };
        if gain_db > 0.0 && peak_after > 0.0 {
            note += " Its peaks would pass full scale then.";
        }
        if !self.remark.is_empty() {
            note.push(' ');
            note += self.remark;
        }
        note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(service: &str, integrated_lufs: f64, true_peak_dbtp: f64) -> f64 {
        playback(integrated_lufs, true_peak_dbtp)
            .into_iter()
            .find(|played| played.service == service)
            .unwrap()
            .gain_db
    }

    #[test]
    fn a_loud_master_is_turned_down_to_each_target() {
        for (service, expected) in [
            ("Spotify", -5.0),
            ("Apple Music", -7.0),
            ("YouTube", -5.0),
            ("Amazon Music", -5.0),
            ("Tidal", -5.0),
            ("Deezer", -6.0),
            ("SoundCloud", 0.0),
        ] {
            assert!((gain(service, -9.0, -1.0) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_quiet_master_goes_up_only_where_the_service_does_so() {
        assert!((gain("Spotify", -20.0, -9.0) - 6.0).abs() < 1e-12);
        assert!((gain("Spotify", -20.0, -3.5) - 2.5).abs() < 1e-12);
        assert!(gain("Spotify", -20.0, -0.2).abs() < 1e-12);
        assert!((gain("Apple Music", -20.0, -3.0) - 4.0).abs() < 1e-12);
        assert!(gain("YouTube", -20.0, -9.0).abs() < 1e-12);
    }

    #[test]
    fn the_notes_say_what_happens() {
        let note = |index: usize, lufs, peak| playback(lufs, peak).remove(index).note;
        assert!(note(0, -9.0, -1.0).starts_with("Turned down by 5.0 dB to -14 LUFS."));
        assert!(note(0, -20.0, -3.5).contains("3.5 dB under the service's -14 LUFS"));
        assert!(note(1, -20.0, -3.0).contains("pass full scale"));
        assert!(note(2, -20.0, -3.0).starts_with("Left as it is, 6.0 dB under"));
        assert!(note(2, -14.0, -1.0).starts_with("Already at"));
        assert!(note(6, -9.0, -1.0).starts_with("Played as it is."));
        assert_eq!(playback(-9.0, -1.0).pop().unwrap().target_lufs, None);
    }

    #[test]
    fn silence_is_not_turned() {
        for played in playback(f64::NEG_INFINITY, f64::NEG_INFINITY) {
            assert!(played.gain_db.abs() < 1e-12, "{}", played.service);
        }
    }
}
