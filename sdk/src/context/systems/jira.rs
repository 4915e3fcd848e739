//! Jira, as a flow sees it.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::call::Reach;
use crate::context::{Context, ServiceError};
use crate::model::Object;

/// Jira, as a flow sees it. Hooks and reducers look, actions change.
#[derive(Debug, Clone, Copy)]
pub struct Jira<'a>(Reach<'a>);

/// An issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issue {
    /// Its key, such as `OPS-17`.
    pub key: String,
    /// Its title.
    pub summary: String,
    /// What its state is called, such as `In Progress`.
    pub status: String,
    /// Whether Jira counts that state as done.
    pub is_done: bool,
    /// The mail address of whoever it is assigned to, where Jira shows it.
    #[serde(default)]
    pub assignee: Option<String>,
}

/// An issue that is to be created.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewIssue {
    /// The project's key, such as `OPS`.
    pub project: String,
    /// What kind it is, such as `Task`.
    pub kind: String,
    /// Its title.
    pub summary: String,
    /// What it says, as plain text.
    #[serde(default)]
    pub description: String,
    /// Its labels.
    #[serde(default)]
    pub labels: Vec<String>,
    /// Further fields, passed on as they are: `duedate`, `priority`, `parent`, `customfield_10010`.
    #[serde(default)]
    pub fields: Object,
}

impl NewIssue {
    /// An issue with a title.
    #[must_use]
    pub fn new(project: &str, kind: &str, summary: impl Into<String>) -> Self {
        Self {
            project: project.to_owned(),
            kind: kind.to_owned(),
            summary: summary.into(),
            description: String::new(),
            labels: Vec::new(),
            fields: Object::new(),
        }
    }

    /// With this text.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.description = text.into();
        self
    }

    /// With this label.
    #[must_use]
    pub fn label(mut self, label: &str) -> Self {
        self.labels.push(label.to_owned());
        self
    }

    /// With this field, as Jira's API takes it.
    #[must_use]
    pub fn field(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }
}

#[derive(Deserialize)]
struct Created {
    key: String,
}

impl<'a> Jira<'a> {
    pub(in crate::context) const fn new(cx: &'a Context) -> Self {
        Self(Reach::new(cx, "jira"))
    }

    /// That of the integration of this name, where there are several.
    #[must_use]
    pub const fn of(self, integration: &'a str) -> Self {
        Self(self.0.of(integration))
    }

    /// The issues that a JQL query finds, at most a hundred.
    ///
    /// # Errors
    ///
    /// If Jira cannot be asked, does not understand the query, or finds more.
    pub async fn search(&self, jql: &str) -> Result<Vec<Issue>, ServiceError> {
        self.0.ask("search", json!({ "jql": jql })).await
    }

    /// The issue of this key; `None` if there is none, or one may not see it.
    ///
    /// # Errors
    ///
    /// If Jira cannot be asked.
    pub async fn issue(&self, key: &str) -> Result<Option<Issue>, ServiceError> {
        self.0.ask("issue", json!({ "key": key })).await
    }

    /// Adds a comment to an issue, once.
    ///
    /// # Errors
    ///
    /// If this is no action, or Jira does not do it.
    pub async fn comment(&self, key: &str, text: impl Into<String>) -> Result<(), ServiceError> {
        self.0.change("comment", json!({ "key": key, "text": text.into() })).await
    }

    /// Creates an issue, once, and returns its key.
    ///
    /// # Errors
    ///
    /// If this is no action, or Jira does not do it.
    pub async fn create(&self, issue: &NewIssue) -> Result<String, ServiceError> {
        self.0.change("create", json!(issue)).await.map(|created: Created| created.key)
    }

    /// Brings an issue into another state, by the state's name. One that is there stays.
    ///
    /// # Errors
    ///
    /// If this is no action, or no transition leads there from where the issue is.
    pub async fn transition(&self, key: &str, state: &str) -> Result<(), ServiceError> {
        self.0.change("transition", json!({ "key": key, "state": state })).await
    }
}
