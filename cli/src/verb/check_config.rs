//! `check-config`: the settings in force.

use std::path::Path;

use crate::platform::settings;

/// Prints every setting, masked where secret, with its origin. Fails on the first wrong one.
pub fn run(file: Option<&Path>) -> anyhow::Result<()> {
    say!("{}", settings(file)?.describe());
    Ok(())
}
