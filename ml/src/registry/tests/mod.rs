//! What the registry's parts promise together.

mod bundles;
mod isolation;
mod made;
