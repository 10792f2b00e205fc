//! `maxbooster`
fn main() {}
