//! Where the settings came from, so that mistakes found later still have a file and a line.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::SettingsError;
use super::tree::Place;

/// The file that settings came from, its text, and where in it each field stands.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    file: PathBuf,
    text: String,
    /// The byte that each field starts at, by its path.
    fields: BTreeMap<String, usize>,
}

/// Settings are the same wherever they were written.
impl PartialEq for Origin {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Origin {
    /// A file of which no field is known yet.
    pub(super) fn new(file: &Path, text: &str) -> Self {
        Self { file: file.to_owned(), text: text.to_owned(), fields: BTreeMap::new() }
    }

    /// Remembers where the fields stand.
    pub(super) fn learn(&mut self, root: Place<'_>) {
        root.walk(&mut |place| {
            self.fields.insert(place.path.clone(), place.start);
        });
    }

    /// The folder that relative paths start at.
    pub(super) fn folder(&self) -> &Path {
        self.file.parent().unwrap_or_else(|| Path::new(""))
    }

    /// An error at this field, or at the nearest one around it that is written down.
    pub(super) fn error(
        &self,
        field: &str,
        message: String,
        hint: Option<String>,
    ) -> SettingsError {
        let mut at = field;
        let start = loop {
            if let Some(start) = self.fields.get(at) {
                break *start;
            }
            if at.is_empty() {
                break 0;
            }
            at = at.rfind(['.', '[']).and_then(|end| at.get(..end)).unwrap_or_default();
        };
        self.locate(Finding { start, field: field.to_owned(), message, hint })
    }

    /// A finding with its line and its column, both from 1; columns count characters.
    pub(super) fn locate(&self, finding: Finding) -> SettingsError {
        let mut end = finding.start.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        let before = self.text.get(..end).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        SettingsError {
            file: self.file.display().to_string(),
            line: before.matches('\n').count() + 1,
            column: before.get(line_start..).unwrap_or_default().chars().count() + 1,
            field: finding.field,
            message: finding.message,
            hint: finding.hint,
        }
    }
}

/// Something wrong, before its place is turned into a line.
#[derive(Debug)]
pub(super) struct Finding {
    /// The byte that it is at.
    pub(super) start: usize,
    pub(super) field: String,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Finding {
    /// A finding at this place.
    pub(super) fn at(place: &Place<'_>, message: impl Into<String>) -> Self {
        let field = place.path.clone();
        Self { start: place.start, field, message: message.into(), hint: None }
    }

    /// The same, with how to mend it.
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same, with a hint if there is one.
    pub(super) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }
}
