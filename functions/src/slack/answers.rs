//! What stands in a form's fields when it comes back.

use std::collections::BTreeMap;

use countersign::desk::{Ask, FieldProblem, Problem};
use countersign::engine::FlowConfig;
use countersign::flow::{Field, FieldKind};
use countersign::model::{Duration, FlowName, TargetName};
use serde_json::{Value, json};

use super::form::{Filled, named};
use super::payload::State;
use super::reply::{Stop, sentence};
use super::workspace::Workspace;

/// What stands in a form.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) filled: Filled,
    /// What cannot be read.
    pub(super) problems: Vec<FieldProblem>,
    /// The block that each is answered in.
    blocks: BTreeMap<String, String>,
}

impl Read {
    /// As a request.
    ///
    /// # Errors
    ///
    /// What cannot be read.
    pub(super) fn ask(&self, flow: &FlowName) -> Result<Ask, Problem> {
        if !self.problems.is_empty() {
            return Err(Problem::fields(self.problems.clone()));
        }
        Ok(asked(flow, &self.filled))
    }

    /// What is wrong, beside the fields that it is wrong with; `None` if it is with none of them.
    pub(super) fn errors(&self, problem: &Problem) -> Option<Value> {
        let mut errors: BTreeMap<&str, String> = BTreeMap::new();
        let first = self.blocks.values().next()?;
        if problem.fields.is_empty() {
            return None;
        }
        for field in &problem.fields {
            let block = self.blocks.get(&field.field).unwrap_or(first);
            let text = unescaped(&sentence(&field.message));
            let told = errors.entry(block).or_default();
            *told = if told.is_empty() { text } else { format!("{told} {text}") };
        }
        Some(json!({ "response_action": "errors", "errors": errors }))
    }
}

/// Errors beside fields are shown as they are.
fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// A request that is filled in so far.
pub(super) fn asked(flow: &FlowName, filled: &Filled) -> Ask {
    Ask {
        target: filled.target.clone(),
        duration: filled.duration,
        reason: filled.reason.clone(),
        fields: filled.fields.clone(),
        ..Ask::new(flow.clone())
    }
}

impl Workspace {
    /// What stands in the fields of a form of this flow.
    ///
    /// # Errors
    ///
    /// If Slack does not say who the people are that were chosen.
    pub(super) async fn read(&self, config: &FlowConfig, state: &State) -> Result<Read, Stop> {
        let mut read = Read::default();
        for (block, actions) in &state.values {
            let Some(element) = actions.values().next() else { continue };
            let texts = texts(element);
            let first = texts.first().map(String::as_str);
            let name = named(block);
            let field = match name {
                "target" => {
                    read.filled.target = first.and_then(|it| TargetName::parse(it).ok());
                    "target".to_owned()
                }
                "duration" => {
                    read.filled.duration = first.and_then(|it| Duration::parse(it).ok());
                    "duration".to_owned()
                }
                "reason" => {
                    read.filled.reason = first.unwrap_or_default().to_owned();
                    "reason".to_owned()
                }
                _ => {
                    let declared = name.strip_prefix("f.").and_then(|it| config.table.field(it));
                    let Some(declared) = declared else { continue };
                    if let Some(answer) = self.answer(declared, element, &texts, &mut read).await? {
                        read.filled.fields.insert(declared.name.to_owned(), answer);
                    }
                    format!("fields.{}", declared.name)
                }
            };
            read.blocks.insert(field, block.clone());
        }
        Ok(read)
    }

    async fn answer(
        &self,
        field: &Field,
        element: &Value,
        texts: &[String],
        read: &mut Read,
    ) -> Result<Option<Value>, Stop> {
        let kind = element.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind == "users_select" || kind == "multi_users_select" {
            let mut mails = Vec::new();
            for id in texts {
                mails.push(self.mail_of(id, field, read).await?);
            }
            let mails: Vec<Value> = mails.into_iter().flatten().map(Value::from).collect();
            return Ok(match (field.kind.is_list(), mails.as_slice()) {
                (_, []) => None,
                (true, _) => Some(Value::Array(mails)),
                (false, [mail, ..]) => Some(mail.clone()),
            });
        }
        Ok(match (field.kind, texts) {
            (FieldKind::Bool, texts) => Some(Value::Bool(!texts.is_empty())),
            (_, []) => None,
            (kind, texts) if kind.is_list() => {
                let is_typed = element.get("value").is_some();
                let split = |text: &String| -> Vec<String> {
                    if is_typed {
                        let items = text.split([',', '\n']).map(str::trim);
                        items.filter(|it| !it.is_empty()).map(str::to_owned).collect()
                    } else {
                        vec![text.clone()]
                    }
                };
                let items: Vec<_> = texts.iter().flat_map(split).collect();
                let items: Vec<_> = items.iter().map(|item| one(kind.item(), item)).collect();
                (!items.is_empty()).then_some(Value::Array(items))
            }
            (kind, [text, ..]) => Some(one(kind, text)),
        })
    }

    /// The mail address of somebody who was chosen.
    async fn mail_of(
        &self,
        id: &str,
        field: &Field,
        read: &mut Read,
    ) -> Result<Option<String>, Stop> {
        let person = self.slack().user_by_id(id).await.map_err(|error| {
            Stop::new(format!("Slack does not say who was chosen: {}", sentence(&error.error.what)))
        })?;
        let mail = person.filter(|it| it.is_active && !it.is_bot).and_then(|person| person.email);
        if mail.is_none() {
            let message = "Slack knows no mail address of whom you chose";
            let name = format!("fields.{}", field.name);
            read.problems.push(FieldProblem::new(name, message, "choose somebody else"));
        }
        Ok(mail)
    }
}

/// An answer. What cannot be read is passed on as it is, and refused with the words that every surface
/// has for it.
fn one(kind: FieldKind, text: &str) -> Value {
    kind.read(text).unwrap_or_else(|| text.into())
}

/// What was typed or chosen in an element; nothing if nothing was.
/// Source: <https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload/>.
fn texts(element: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let value = |option: &Value| option.get("value").and_then(text);
    let all = |name: &str| element.get(name).and_then(Value::as_array);
    let one = element.get("value").and_then(text);
    let chosen = element.get("selected_option").and_then(value);
    let user = element.get("selected_user").and_then(text);
    let several = all("selected_options").into_iter().flatten().filter_map(value);
    let users = all("selected_users").into_iter().flatten().filter_map(text);
    let texts = one.into_iter().chain(chosen).chain(user).chain(several).chain(users);
    texts.filter(|text| !text.trim().is_empty()).collect()
}
