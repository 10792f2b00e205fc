//! What both fuzz targets share: the checks of `audio/tests`, a bound on memory, and what counts
//! as a panic.

mod budget;
#[path = "../../audio/tests/checks/mod.rs"]
pub mod checks;
mod ogg;
#[path = "../../audio/tests/signals/mod.rs"]
mod signals;

use std::collections::BTreeSet;
use std::sync::Mutex;

#[global_allocator]
static BUDGET: budget::Budget = budget::Budget::new(600 << 20);

/// Places in foreign decoders whose panics were caught, each told of once.
static CAUGHT: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Makes a panic of our own the end of the process, so that no shield hides it. One in a foreign
/// decoder is left to the shield around it; where there is none, libFuzzer ends the process.
pub fn watch_panics() {
    let fatal = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if checks::is_ours(panic) {
            fatal(panic);
        }
        let Some(place) = panic.location() else {
            return;
        };
        if let Ok(mut caught) = CAUGHT.lock()
            && caught.insert(place.to_string())
        {
            eprintln!("FOREIGN PANIC {panic}");
        }
    }));
}

/// libFuzzer's own mutation, after which the checksums of Ogg pages are right.
pub fn mutate(file: &mut [u8], size: usize, most: usize) -> usize {
    let size = libfuzzer_sys::fuzzer_mutate(file, size, most);
    ogg::mend(&mut file[..size]);
    size
}
