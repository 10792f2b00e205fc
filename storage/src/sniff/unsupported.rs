//! Audio by its signature that the platform does not decode.

/// Signature at the start of the file, and the name to tell.
const SIGNATURES: [(&[u8], &str); 17] = [
    (b"wvpk", "WavPack"),
    (b"MAC ", "Monkey's Audio"),
    (b"TTA1", "True Audio"),
    (b"TTA2", "True Audio"),
    (b"MPCK", "Musepack"),
    (b"MP+", "Musepack"),
    (b"DSD ", "DSD"),
    (b"FRM8", "DSD"),
    (b".snd", "Sun audio (AU)"),
    (b"#!AMR", "AMR speech"),
    (b".ra\xfd", "RealAudio"),
    (b"OFR ", "OptimFROG"),
    (b"\x0b\x77", "Dolby Digital (AC-3)"),
    (b"\x7f\xfe\x80\x01", "DTS"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media"),
    (b"MThd", "MIDI (notes, not sound)"),
    (b"Extended Module: ", "a tracker module"),
];

/// The name of a form of audio that is known and not decoded.
pub(super) fn name(head: &[u8]) -> Option<&'static str> {
    SIGNATURES
        .iter()
        .find(|(signature, _)| head.starts_with(signature))
        .map(|(_, name)| *name)
}
