//! An allocator with a bound: whatever wants more than that at once fails as on a full machine.
//! libFuzzer itself looks at the resident memory once a second only.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Counts what is allocated, in bytes, touched or not.
pub struct Budget {
    most: usize,
    taken: AtomicUsize,
}

impl Budget {
    /// At most so many bytes at once.
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            taken: AtomicUsize::new(0),
        }
    }

    fn take(&self, bytes: usize, allocate: impl FnOnce() -> *mut u8) -> *mut u8 {
        let before = self.taken.fetch_add(bytes, Relaxed);
        let place = if before.saturating_add(bytes) <= self.most {
            allocate()
        } else {
            std::ptr::null_mut()
        };
        if place.is_null() {
            self.taken.fetch_sub(bytes, Relaxed);
        }
        place
    }
}

// SAFETY: every call goes on to the system's allocator with the same arguments, or fails.
unsafe impl GlobalAlloc for Budget {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise about the layout is passed on.
        self.take(layout.size(), || unsafe { System.alloc(layout) })
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        self.take(layout.size(), || unsafe { System.alloc_zeroed(layout) })
    }

    unsafe fn realloc(&self, place: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // Both may be there while the bytes are moved.
        // SAFETY: as above.
        let moved = self.take(size, || unsafe { System.realloc(place, layout, size) });
        if !moved.is_null() {
            self.taken.fetch_sub(layout.size(), Relaxed);
        }
        moved
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(place, layout) };
        self.taken.fetch_sub(layout.size(), Relaxed);
    }
}
