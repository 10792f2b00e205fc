//! First bytes: what they promise, so that a failure can be named rightly.

use symphonia::core::errors::Error;

use super::wave;
use crate::AudioError;

/// Whether the file claims to be one of the containers that are decoded here.
pub(super) fn is_recognised(head: &[u8; 16]) -> bool {
    let form = |at: usize, mark: &[u8; 4]| head.get(at..at + 4) == Some(mark);
    wave::is_wave(head)
        || (form(0, b"FORM") && (form(8, b"AIFF") || form(8, b"AIFC")))
        || form(0, b"fLaC")
        || form(0, b"OggS")
        || form(0, b"caff")
        || form(4, b"ftyp")
        || head.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])
        || head.starts_with(b"ID3")
}

/// Sound files that are known and not decoded here, by name.
pub(super) fn known_unsupported(head: &[u8; 16]) -> Option<&'static str> {
    const KNOWN: [(&[u8], &str); 7] = [
        (b"wvpk", "WavPack"),
        (b"MAC ", "Monkey's Audio"),
        (b"DSD ", "DSD"),
        (b"FRM8", "DSD (DSDIFF)"),
        (b"MThd", "MIDI"),
        (b"TTA1", "True Audio"),
        (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    ];
    KNOWN
        .iter()
        .find(|(mark, _)| head.starts_with(mark))
        .map(|(_, name)| *name)
}

/// Why a file could not be opened: damage when its first bytes were right, otherwise it is no
/// sound file at all.
pub(super) fn why_not(error: Error, recognised: bool) -> AudioError {
    match error {
        Error::IoError(error) if error.kind() != std::io::ErrorKind::UnexpectedEof => {
            AudioError::Io(error)
        }
        _ if !recognised => AudioError::NotAudio,
        Error::IoError(_) => AudioError::Corrupt("it ends inside its header".to_owned()),
        // A file cut before its index lacks a part that every whole one has.
        Error::Unsupported(what) if what.contains("missing") => {
            AudioError::Corrupt(what.to_owned())
        }
        Error::Unsupported(what) => AudioError::UnsupportedFormat(what.to_owned()),
        other => AudioError::Corrupt(other.to_string()),
    }
}
