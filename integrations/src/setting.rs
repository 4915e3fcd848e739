//! Settings of integrations, strategies and targets, read with the place in every error.

use countersign::flow::HandlerError;
use countersign::model::{Integration, Object, Target};
use serde_json::Value;

use crate::secret::SecretRef;

/// Settings that are being read.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    settings: &'a Object,
    place: String,
}

impl<'a> Reader<'a> {
    /// The settings of an integration.
    pub(crate) fn integration(integration: &'a Integration) -> Self {
        let place = format!("the integration `{}`", integration.name);
        Self { settings: &integration.settings, place }
    }

    /// The settings of a strategy.
    pub(crate) fn strategy(settings: &'a Object) -> Self {
        Self { settings, place: "the strategy".to_owned() }
    }

    /// The settings of a target.
    pub(crate) fn target(target: &'a Target) -> Self {
        Self { settings: &target.settings, place: format!("the target `{}`", target.name) }
    }

    /// Refuses settings that nothing reads: they are misspelt.
    pub(crate) fn only(self, known: &[&str]) -> Result<Self, HandlerError> {
        match self.settings.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(self),
            Some(key) => {
                let known: Vec<_> = known.iter().map(|known| format!("`{known}`")).collect();
                Err(self.wrong(&format!(
                    "has the setting `{key}`, and there is only {}",
                    known.join(", ")
                )))
            }
        }
    }

    /// A text that has to be there.
    pub(crate) fn text(&self, name: &str) -> Result<&'a str, HandlerError> {
        let found = self.optional(name)?;
        found.ok_or_else(|| {
            self.wrong(&format!("lacks the setting `{name}`: write `{name} = \"..\"`"))
        })
    }

    /// A text that may be left out.
    pub(crate) fn optional(&self, name: &str) -> Result<Option<&'a str>, HandlerError> {
        match self.settings.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(other) => {
                Err(self.wrong(&format!("has the setting {name} = {other}, which is no text")))
            }
        }
    }

    /// One of these words; the first where it is left out.
    pub(crate) fn word(
        &self,
        name: &str,
        words: &[&'static str],
    ) -> Result<&'static str, HandlerError> {
        let first = words.first().copied().unwrap_or_default();
        let Some(given) = self.optional(name)? else { return Ok(first) };
        let found = words.iter().find(|word| **word == given);
        found.copied().ok_or_else(|| {
            self.wrong(&format!(
                "has the setting {name} = \"{given}\": write one of {}",
                words.join(", ")
            ))
        })
    }

    /// Yes or no; no where it is left out.
    #[cfg_attr(not(feature = "aws"), allow(dead_code, reason = "only those in AWS have any"))]
    pub(crate) fn flag(&self, name: &str) -> Result<bool, HandlerError> {
        match self.settings.get(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(other) => {
                Err(self.wrong(&format!("has the setting {name} = {other}: write true or false")))
            }
        }
    }

    /// A secret that has to be there.
    pub(crate) fn secret(&self, name: &str) -> Result<SecretRef, HandlerError> {
        let found = self.optional_secret(name)?;
        found.ok_or_else(|| {
            self.wrong(&format!("lacks the secret `{name}`: write `{name} = {{ env = \"NAME\" }}`"))
        })
    }

    /// A secret that may be left out.
    pub(crate) fn optional_secret(&self, name: &str) -> Result<Option<SecretRef>, HandlerError> {
        let Some(value) = self.settings.get(name) else { return Ok(None) };
        // What is written there may be the secret itself, and is not repeated.
        let wrong = || {
            self.wrong(&format!(
                "has a `{name}` that is no reference: write `{{ env = \"NAME\" }}`, `{{ file = \"path\" }}` or `{{ arn = \"arn:..\" }}`"
            ))
        };
        SecretRef::of(value).map(Some).ok_or_else(wrong)
    }

    /// Something is wrong with these settings.
    pub(crate) fn wrong(&self, what: &str) -> HandlerError {
        HandlerError::new("Strategy:SETTINGS", format!("{} {what}", self.place)).final_()
    }
}
