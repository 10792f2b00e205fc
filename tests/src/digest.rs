//! SHA-256 as the API writes it.

use sha2::{Digest, Sha256};

/// The SHA-256 of bytes, hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
