//! The registry of models: versions that never change, aliases that say which of them answers, and
//! every move of an alias with who made it and why.

mod aliases;
mod erase;
mod moves;
mod versions;

pub use aliases::{Alias, AliasRow, aliases, aliases_of, holder};
pub use erase::{Erased, erase_artist};
pub use moves::{Act, Move, MoveRow, history, in_reach, move_alias, previous_champion};
pub use versions::{
    Task, VersionRow, insert_version, is_object_key, named, object_folder, object_key, version,
    versions,
};
