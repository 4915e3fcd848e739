//! Jira: issues found, commented, created, brought into another state.
//!
//! Source: <https://developer.atlassian.com/cloud/jira/platform/rest/v3/intro/>. Jira knows no
//! idempotency keys: a comment carries the key as a property, an issue as a label, and each is looked
//! for before it is made.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::context::{Issue, NewIssue, ServiceError, SystemCall};
use countersign::flow::HandlerError;
use countersign::model::Integration;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::api::{Api, Call, Refusal};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::systems::{self, System};

/// So many issues are shown of a search.
const MOST_FOUND: usize = 100;

/// So many comments of an issue are looked through, a hundred at a time.
const MOST_PAGES: u32 = 20;

/// The name of the property that carries a comment's key.
const PROPERTY: &str = "countersign";

/// A site of Jira.
#[derive(Debug)]
struct Jira {
    api: Api,
    secrets: Secrets,
    email: String,
    token: SecretRef,
}

/// The site of an integration, for flows; its `external_id` is the site's host, `acme.atlassian.net`.
pub(crate) fn asked(
    integration: &Integration,
    secrets: &Secrets,
) -> Result<Option<Arc<dyn System>>, HandlerError> {
    let settings = Reader::integration(integration).only(&["email", "token", "url"])?;
    let Some(token) = settings.optional_secret("token")? else { return Ok(None) };
    let own = format!("https://{}", integration.external_id);
    let api = Api::new("jira", settings.optional("url")?.unwrap_or(&own))?;
    let email = settings.text("email")?.to_owned();
    Ok(Some(Arc::new(Jira { api, secrets: secrets.clone(), email, token })))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Searched {
    issues: Vec<Shown>,
    next_page_token: Option<String>,
}

#[derive(Deserialize)]
struct Shown {
    key: String,
    fields: ShownFields,
}

#[derive(Deserialize)]
struct ShownFields {
    summary: String,
    status: Status,
    #[serde(default)]
    assignee: Option<Assignee>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    name: String,
    status_category: StatusCategory,
}

#[derive(Deserialize)]
struct StatusCategory {
    key: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Assignee {
    #[serde(default)]
    email_address: Option<String>,
}

#[derive(Deserialize)]
struct Comments {
    comments: Vec<Comment>,
    total: u64,
}

#[derive(Deserialize)]
struct Comment {
    #[serde(default)]
    properties: Vec<Property>,
}

#[derive(Deserialize)]
struct Property {
    key: String,
    value: Value,
}

#[derive(Deserialize)]
struct Created {
    key: String,
}

#[derive(Deserialize)]
struct Transitions {
    transitions: Vec<Transition>,
}

#[derive(Deserialize)]
struct Transition {
    id: String,
    to: To,
}

#[derive(Deserialize)]
struct To {
    name: String,
}

#[derive(Deserialize)]
struct OfIssue {
    key: String,
}

#[derive(Deserialize)]
struct NewComment {
    key: String,
    text: String,
}

#[derive(Deserialize)]
struct NewState {
    key: String,
    state: String,
}

#[derive(Deserialize)]
struct Query {
    jql: String,
}

impl From<Shown> for Issue {
    fn from(shown: Shown) -> Self {
        let Shown { key, fields: ShownFields { summary, status, assignee } } = shown;
        // Source: the keys of status categories are `new`, `indeterminate` and `done`, whatever
        // they are called.
        let is_done = status.status_category.key == "done";
        let assignee = assignee.and_then(|assignee| assignee.email_address);
        Self { key, summary, status: status.name, is_done, assignee }
    }
}

#[async_trait]
impl System for Jira {
    async fn call(&self, call: &SystemCall) -> Result<Value, ServiceError> {
        match call.operation.as_str() {
            "search" => {
                let Query { jql } = systems::input(call)?;
                Ok(json!(self.search(&jql).await?))
            }
            "issue" => {
                let OfIssue { key } = systems::input(call)?;
                Ok(json!(self.issue(&key).await?))
            }
            "comment" => {
                let comment = systems::input(call)?;
                self.comment(&comment, &call.key).await.map(|()| Value::Null)
            }
            "create" => {
                let issue = systems::input(call)?;
                Ok(json!({ "key": self.create(&issue, &call.key).await? }))
            }
            "transition" => {
                let NewState { key, state } = systems::input(call)?;
                self.transition(&key, &state).await.map(|()| Value::Null)
            }
            _ => Err(systems::no_operation(call)),
        }
    }
}

impl Jira {
    /// Makes a call as the account of the integration.
    async fn send<T: DeserializeOwned>(
        &self,
        call: impl for<'a> Fn(&'a Api) -> Call<'a> + Send + Sync,
    ) -> Result<T, Refusal> {
        let signed = self.api.with_secret(&self.secrets, &self.token, |api, token| {
            let pair = STANDARD.encode(format!("{}:{}", self.email, token.expose()));
            call(api).header("authorization", &format!("Basic {pair}"))
        });
        signed.await.map(|answer| answer.body)
    }

    async fn search(&self, jql: &str) -> Result<Vec<Issue>, ServiceError> {
        let body = json!({ "jql": jql, "fields": ["summary", "status", "assignee"], "maxResults": MOST_FOUND });
        let name = "searchAndReconsileIssuesUsingJqlPost";
        let path = ["rest", "api", "3", "search", "jql"];
        let found: Searched =
            self.send(|api| api.post(name, &path).json(&body).idempotent()).await?;
        if found.next_page_token.is_some() {
            let what = format!("the query finds more than {MOST_FOUND} issues");
            return Err(ServiceError::lasting("jira", what, "write a query that finds fewer"));
        }
        Ok(found.issues.into_iter().map(Issue::from).collect())
    }

    async fn issue(&self, key: &str) -> Result<Option<Issue>, ServiceError> {
        let path = ["rest", "api", "3", "issue", key];
        let fields = [("fields", "summary,status,assignee")];
        let found = self.send::<Shown>(|api| api.get("getIssue", &path).query(&fields)).await;
        match found {
            Ok(shown) => Ok(Some(shown.into())),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn comment(&self, comment: &NewComment, key: &str) -> Result<(), ServiceError> {
        let NewComment { key: issue, text } = comment;
        let path = ["rest", "api", "3", "issue", issue, "comment"];
        let mark = hash(key);
        let mut seen: u64 = 0;
        for _ in 0..MOST_PAGES {
            let start = seen.to_string();
            let query = [
                ("expand", "properties"),
                ("maxResults", "100"),
                ("orderBy", "-created"),
                ("startAt", &start),
            ];
            let page: Comments =
                self.send(|api| api.get("getComments", &path).query(&query)).await?;
            let is_ours = |it: &Property| it.key == PROPERTY && it.value == json!({ "key": mark });
            if page.comments.iter().any(|it| it.properties.iter().any(is_ours)) {
                return Ok(());
            }
            seen = seen.saturating_add(u64::try_from(page.comments.len()).unwrap_or(u64::MAX));
            if page.comments.is_empty() || seen >= page.total {
                break;
            }
        }
        let body = json!({
            "body": document(text),
            "properties": [{ "key": PROPERTY, "value": { "key": mark } }],
        });
        self.send::<Value>(|api| api.post("addComment", &path).json(&body)).await?;
        Ok(())
    }

    async fn create(&self, issue: &NewIssue, key: &str) -> Result<String, ServiceError> {
        let label = format!("countersign-{}", hash(key));
        let jql = format!(
            "project = \"{}\" AND labels = \"{label}\"",
            issue.project.replace(['"', '\\'], "")
        );
        if let Some(there) = self.search(&jql).await?.into_iter().next() {
            return Ok(there.key);
        }
        let mut fields = issue.fields.clone();
        let labels: Vec<_> = issue.labels.iter().cloned().chain([label]).collect();
        for (name, value) in [
            ("project", json!({ "key": issue.project })),
            ("issuetype", json!({ "name": issue.kind })),
            ("summary", json!(issue.summary)),
            ("labels", json!(labels)),
        ] {
            fields.insert(name.to_owned(), value);
        }
        if !issue.description.is_empty() {
            fields.insert("description".to_owned(), document(&issue.description));
        }
        let (path, body) = (["rest", "api", "3", "issue"], json!({ "fields": fields }));
        let created: Created = self.send(|api| api.post("createIssue", &path).json(&body)).await?;
        Ok(created.key)
    }

    async fn transition(&self, key: &str, state: &str) -> Result<(), ServiceError> {
        let no_issue = || {
            ServiceError::lasting("jira", format!("there is no issue `{key}`"), "look at its key")
        };
        let issue = self.issue(key).await?.ok_or_else(no_issue)?;
        if issue.status.eq_ignore_ascii_case(state) {
            return Ok(());
        }
        let path = ["rest", "api", "3", "issue", key, "transitions"];
        let all: Transitions = self.send(|api| api.get("getTransitions", &path)).await?;
        let mut there = all.transitions.iter().filter(|it| it.to.name.eq_ignore_ascii_case(state));
        let Some(transition) = there.next() else {
            let names: Vec<_> =
                all.transitions.iter().map(|it| format!("`{}`", it.to.name)).collect();
            let what = format!("no transition leads `{key}` from `{}` to `{state}`", issue.status);
            return Err(ServiceError::lasting(
                "jira",
                what,
                format!("there are {}", names.join(", ")),
            ));
        };
        let body = json!({ "transition": { "id": transition.id } });
        self.send::<Value>(|api| api.post("doTransition", &path).json(&body)).await?;
        Ok(())
    }
}

/// Text in Atlassian's document format, a paragraph a line.
/// Source: <https://developer.atlassian.com/cloud/jira/platform/apis/document/structure/>; it has no
/// empty texts.
fn document(text: &str) -> Value {
    let paragraph = |line: &str| match line {
        "" => json!({ "type": "paragraph", "content": [] }),
        line => json!({ "type": "paragraph", "content": [{ "type": "text", "text": line }] }),
    };
    json!({ "type": "doc", "version": 1, "content": text.lines().map(paragraph).collect::<Vec<_>>() })
}

/// A key, short enough for a label.
fn hash(key: &str) -> String {
    let hash = digest(&SHA256, key.as_bytes());
    let half = hash.as_ref().first_chunk().copied().map_or(0, u128::from_be_bytes);
    format!("{half:032x}")
}
