//! Any bytes that decode to their end are mastered to a file of the same length.
#![no_main]

use libfuzzer_sys::Corpus;
use maxbooster_fuzz::{checks, mutate, watch_panics};

libfuzzer_sys::fuzz_mutator!(|file: &mut [u8], size: usize, most: usize, _seed: u32| {
    mutate(file, size, most)
});

libfuzzer_sys::fuzz_target!(init: watch_panics(), |file: &[u8]| -> Corpus {
    // What is refused is the other target's business.
    let Some(whole) = checks::analyse(file) else {
        return Corpus::Reject;
    };
    checks::mastered(file, &whole);
    Corpus::Keep
});
