//! Entries as objects: files of JSON lines in a folder, or in a bucket whose objects are locked.

use std::fmt::Write as _;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::audit::{Parcel, Sink, Vault};
use countersign::engine::{records, sha256_text};

/// Keeps each parcel as an object of its own, an entry a line.
#[derive(Debug, Clone)]
pub struct Objects {
    vault: Arc<dyn Vault>,
    name: String,
}

impl Objects {
    /// Keeps them here.
    #[must_use]
    pub fn new(vault: Arc<dyn Vault>) -> Self {
        Self { name: format!("objects-{}", vault.name()), vault }
    }
}

#[async_trait]
impl Sink for Objects {
    fn name(&self) -> &str {
        &self.name
    }

    async fn send(&self, parcel: &Parcel) -> Result<(), String> {
        let text = parcel.entries.iter().fold(String::new(), |mut text, sealed| {
            // Nothing goes wrong in writing to a text.
            let _ = writeln!(text, "{}", records::json(sealed));
            text
        });
        // Another version of the program may put other entries into the parcel of this name.
        let hash: String = sha256_text(&text).as_str().chars().take(8).collect();
        self.vault.keep(&format!("entries/{}-{hash}.jsonl", parcel.id), &text).await
    }
}
