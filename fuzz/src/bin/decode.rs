//! Any bytes are decoded and analysed, or refused with a code.
#![no_main]

use maxbooster_fuzz::{checks, mutate, watch_panics};

libfuzzer_sys::fuzz_mutator!(|file: &mut [u8], size: usize, most: usize, _seed: u32| {
    mutate(file, size, most)
});

libfuzzer_sys::fuzz_target!(init: watch_panics(), |file: &[u8]| {
    checks::analyse(file);
});
