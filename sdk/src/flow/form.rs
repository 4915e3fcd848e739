//! The form as a flow's reducers see and change it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fields::{Field, FieldKind};
use crate::model::Object;

/// What was typed so far in a field whose choices are looked up while typing; empty at first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Query(String);

impl Query {
    /// This text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a choice of this label should be offered: it contains every word that was typed, in
    /// any case.
    ///
    /// ```
    /// # use countersign::prelude::*;
    /// assert!(Query::new("prod ord").matches("orders (Production)"));
    /// ```
    #[must_use]
    pub fn matches(&self, label: &str) -> bool {
        let label = label.to_lowercase();
        self.0.to_lowercase().split_whitespace().all(|word| label.contains(word))
    }
}

/// One of the values that a field offers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Choice {
    /// What is answered.
    pub value: String,
    /// What people read.
    pub label: String,
}

impl Choice {
    /// A value with a label.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// A value that is its own label.
impl<T: Into<String>> From<T> for Choice {
    fn from(value: T) -> Self {
        let value = value.into();
        Self { label: value.clone(), value }
    }
}

/// The form as it stands, filled in as far as it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Form {
    /// A text above the fields.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
    /// The fields, in order.
    pub fields: Vec<FormField>,
}

impl Form {
    /// The form of these fields with these answers; where there is none, the default.
    #[must_use]
    pub fn new(fields: &[Field], answers: &Object) -> Self {
        let fields = fields
            .iter()
            .map(|field| FormField {
                name: field.name.to_owned(),
                kind: field.kind,
                label: field.label.to_owned(),
                required: field.required,
                visible: true,
                value: answers
                    .get(field.name)
                    .cloned()
                    .or_else(|| field.default_value())
                    .unwrap_or_default(),
                choices: field.choices.iter().map(|&choice| choice.into()).collect(),
            })
            .collect();
        Self { header: None, fields }
    }

    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&FormField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field of this name, to be changed.
    pub fn field_mut(&mut self, name: &str) -> Option<&mut FormField> {
        self.fields.iter_mut().find(|field| field.name == name)
    }
}

/// A field of a [`Form`]. All but its name and type can be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FormField {
    name: String,
    #[serde(rename = "type")]
    kind: FieldKind,
    /// What people read.
    pub label: String,
    /// Whether it has to be answered.
    pub required: bool,
    /// Whether it is shown; a field that is not is answered by its value.
    pub visible: bool,
    /// The answer so far; `null` if there is none.
    pub value: Value,
    /// What may be answered; empty: anything.
    pub choices: Vec<Choice>,
}

impl FormField {
    /// The name that the flow declares it by.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What is answered.
    #[must_use]
    pub const fn kind(&self) -> FieldKind {
        self.kind
    }
}
