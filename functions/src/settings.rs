//! The settings of an environment: one TOML or JSON document.
//!
//! [`Settings::read`] is strict and patient: it refuses what it does not know, and it reports all
//! that is wrong at once, each mistake with its file, line and field and with a way to mend it.
//! [`Settings::check_flows`] then holds the document against the flows that the program has.
//!
//! A document goes from text to a tree that knows where everything stands, the same for both formats;
//! the tree is checked against the JSON Schema of these types and then for its meaning; what is left
//! is read into plain types.

mod check;
mod document;
mod error;
mod flows;
mod form;
mod lookup;
pub(crate) mod nearest;
mod origin;
mod shape;
mod syntax;
mod tree;

#[cfg(test)]
mod tests;

use std::path::Path;

pub use countersign_integrations::{SecretError, SecretRef};
pub use document::{
    AllowedSource, DirectorySettings, Environment, Fail, FlowSettings, Group, HttpExport,
    HttpSettings, IdentitySettings, IntegrationSettings, ReasonSettings, Schedule, Settings, Shift,
    SignInSettings, StrategySettings, TargetSettings, UserSettings, WebhookSettings,
};
pub use error::{SettingsError, SettingsErrors};
pub use flows::FlowFacts;
pub use shape::schema;
pub use syntax::Format;

use origin::{Finding, Origin};
use tree::Place;

/// Larger than the settings of any company, and quickly read.
const LARGEST: u64 = 1 << 20;

impl Format {
    /// The format of a file, by how its name ends.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_lowercase();
        match ending.as_str() {
            "toml" => Some(Self::Toml),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Settings {
    /// Reads a file: TOML or JSON, by how its name ends.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, at once.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, SettingsErrors> {
        let path = path.as_ref();
        let format = Format::of(path).ok_or_else(|| {
            let hint = "name it `.toml` or `.json`".to_owned();
            whole(path, "the format of this file is not known".to_owned(), Some(hint))
        })?;
        let unreadable = |error| whole(path, format!("the file cannot be read: {error}"), None);
        let size = std::fs::metadata(path).map_err(unreadable)?.len();
        if size > LARGEST {
            return Err(whole(path, format!("the file has more than {LARGEST} bytes"), None));
        }
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::parse(&text, format, path)
    }

    /// Reads a text; `path` is what messages call it, and where relative paths in it start.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, at once. Where the syntax is wrong, only that.
    pub fn parse(
        text: &str,
        format: Format,
        path: impl AsRef<Path>,
    ) -> Result<Self, SettingsErrors> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut origin = Origin::new(path.as_ref(), text);
        let refuse = |origin: &Origin, found: Vec<Finding>| {
            SettingsErrors::new(found.into_iter().map(|one| origin.locate(one)).collect())
        };
        let tree = syntax::read(text, format)
            .map_err(|errors| refuse(&origin, errors.into_iter().map(Finding::from).collect()))?;
        let root = Place::root(&tree);
        let mut found = shape::check(&root);
        found.extend(check::check(&root));
        if !found.is_empty() {
            return Err(refuse(&origin, found));
        }
        let mut settings: Self = serde_json::from_value(tree.to_json())
            .map_err(|error| refuse(&origin, vec![Finding::at(&root, error.to_string())]))?;
        origin.learn(root);
        settings.origin = origin;
        Ok(settings)
    }
}

/// An error of the file as a whole.
fn whole(path: &Path, message: String, hint: Option<String>) -> SettingsErrors {
    let finding = Finding { start: 0, field: String::new(), message, hint };
    SettingsErrors::new(vec![Origin::new(path, "").locate(finding)])
}
