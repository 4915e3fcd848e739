//! Names a policy by what it says.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::Source;

/// The SHA-256, in hexadecimal, of the language, the entry point and each file with its name, in this
/// order, each preceded by its length.
pub(crate) fn of<'a>(
    language: &str,
    entry: &str,
    files: impl IntoIterator<Item = &'a Source>,
) -> String {
    let mut hasher = Sha256::new();
    let mut add = |part: &str| {
        hasher.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hasher.update(part.as_bytes());
    };
    add(language);
    add(entry);
    for file in files {
        add(&file.name);
        add(&file.text);
    }
    hasher.finalize().iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
