//! The key that encrypts the transaction log. It is told to a site and is part of nothing that is written, sent or printed.

use aes_gcm::{Aes256Gcm, KeyInit as _};
use alloc::sync::Arc;
use core::fmt;

/// A key of 256 bits, and the number by which segments name it.
#[derive(Clone, PartialEq, Eq)]
pub struct LogKey {
    /// Its number. Another key has another number.
    pub id: u32,
    /// The secret.
    pub secret: [u8; 32],
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey {{ id: {}, .. }}", self.id)
    }
}

/// A key, ready for use. Cheap to clone.
#[derive(Clone)]
pub(super) struct Cipher {
    /// The key's number.
    pub(super) id: u32,
    /// AES-256 in Galois/Counter Mode (NIST SP 800-38D).
    pub(super) aes: Arc<Aes256Gcm>,
}

impl Cipher {
    pub(super) fn new(key: &LogKey) -> Cipher {
        Cipher { id: key.id, aes: Arc::new(Aes256Gcm::new(&key.secret.into())) }
    }
}

impl fmt::Debug for Cipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Cipher {{ id: {}, .. }}", self.id)
    }
}
