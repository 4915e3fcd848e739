//! What is wrong with the settings, and where.

use std::fmt;

/// One thing that is wrong with the settings.
///
/// Printed as `settings.toml:12:3: flows[0].targets[1]: there is no target `prod-databse`; did you
/// mean `prod-database`?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// The file, as it was named to whoever read it.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in that line, in characters, from 1.
    pub column: usize,
    /// The field, as in `flows[0].targets[1]`; empty for the document as a whole.
    pub field: String,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: ", self.file, self.line, self.column)?;
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)?;
        self.hint.as_ref().map_or(Ok(()), |hint| write!(f, "; {hint}"))
    }
}

impl std::error::Error for SettingsError {}

/// Everything that is wrong with the settings, in the order of the document; never empty. Printed
/// one to a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsErrors(Vec<SettingsError>);

impl SettingsErrors {
    pub(super) fn new(mut errors: Vec<SettingsError>) -> Self {
        in_order(&mut errors);
        Self(errors)
    }

    /// All of them.
    #[must_use]
    pub fn as_slice(&self) -> &[SettingsError] {
        &self.0
    }
}

/// Puts errors in the order of the document.
pub(super) fn in_order(errors: &mut [SettingsError]) {
    errors.sort_by(|a, b| (a.line, a.column, &a.field).cmp(&(b.line, b.column, &b.field)));
}

impl fmt::Display for SettingsErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for SettingsErrors {}

impl IntoIterator for SettingsErrors {
    type Item = SettingsError;
    type IntoIter = std::vec::IntoIter<SettingsError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
