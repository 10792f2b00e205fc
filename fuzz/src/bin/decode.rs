//! Any bytes are decoded and analysed, or refused with a code.
#![no_main]

use maxbooster_fuzz::{checks, watch_panics};

libfuzzer_sys::fuzz_target!(init: watch_panics(), |file: &[u8]| {
    checks::analyse(file);
});
