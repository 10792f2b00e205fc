//! Erasing a tenant: nothing of it stays in the engine but one act, which says so. Rows outside the
//! engine are the caller's, who takes turns with these verbs ([`crate::Tx::begin_erasing`] first).

mod course;
mod erase;
mod held;
mod stop;

pub use course::Erasing;
pub use erase::ErasedTenant;
pub use held::TenantHeld;
