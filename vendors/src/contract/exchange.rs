//! One request and what it was answered, held against what is published.

use axum::http::Method;
use serde_json::{Value, json};

use super::Contract;
use super::dialect::{Answer, Parameter};

/// A request, and what it was answered.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) method: Method,
    /// With the query.
    pub(crate) path: String,
    pub(crate) body: Vec<u8>,
    /// Status and body; `None` where the stand-in misbehaved.
    pub(crate) answer: Option<(u16, Vec<u8>)>,
}

impl Exchange {
    /// What is not as it is published.
    pub(super) fn broken(&self, contract: &Contract) -> Vec<String> {
        let (path, query) = self.path.split_once('?').unwrap_or((&self.path, ""));
        let name = format!("{} {path}", self.method);
        let Some(operation) = contract.operation(self.method.as_str(), path) else {
            return vec![format!("{name}: there is no such operation")];
        };
        let mut broken = queries(contract, &operation.queries, query);
        match (&operation.body, json(&self.body)) {
            (None, Some(_)) => broken.push("it takes no body".to_owned()),
            (Some(_), None) if operation.needs_body => broken.push("it needs a body".to_owned()),
            (None | Some(_), None) => {}
            (Some(schema), Some(body)) => {
                let mistakes = contract.mistakes(schema, &body);
                broken.extend(mistakes.into_iter().map(|it| format!("its body {it}")));
                let known = contract.members(schema);
                let members = body.as_object().into_iter().flat_map(serde_json::Map::keys);
                let is_unknown =
                    |it: &&String| known.as_ref().is_some_and(|known| !known.contains(*it));
                let unknown = members.filter(is_unknown);
                broken.extend(unknown.map(|it| format!("its body may have no `{it}`")));
            }
        }
        if let Some((status, body)) = &self.answer {
            match (operation.answer(*status), json(body)) {
                (Answer::Of(schema), Some(body)) => {
                    let mistakes = contract.mistakes(schema, &body);
                    let mistakes = mistakes.into_iter();
                    broken.extend(mistakes.map(|it| format!("its answer {status} {it}")));
                }
                // Refusals are seldom listed all.
                (Answer::Never | Answer::Of(_), _) if *status >= 400 => {}
                (Answer::Never, _) => broken.push(format!("it is never answered {status}")),
                (Answer::Of(_), None) => broken.push(format!("its answer {status} has a body")),
                (Answer::Anything, _) => {}
            }
        }
        broken.into_iter().map(|what| format!("{name}: {what}")).collect()
    }
}

fn queries(contract: &Contract, known: &[Parameter], query: &str) -> Vec<String> {
    let given: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let mut broken = Vec::new();
    for (name, value) in &given {
        let Some(parameter) = known.iter().find(|it| it.name == **name) else {
            broken.push(format!("its query may have no `{name}`"));
            continue;
        };
        let value = typed(&parameter.schema, value);
        let mistakes = contract.mistakes(&parameter.schema, &value);
        broken.extend(mistakes.into_iter().map(|it| format!("`{name}` of its query: {it}")));
    }
    let missing =
        known.iter().filter(|it| it.is_required && given.iter().all(|(name, _)| *name != it.name));
    broken.extend(missing.map(|it| format!("its query needs `{}`", it.name)));
    broken
}

/// A text of the query, as what its schema takes.
fn typed(schema: &Value, text: &str) -> Value {
    match schema["type"].as_str() {
        Some("integer" | "number" | "boolean") => {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        }
        Some("array") => json!([typed(&schema["items"], text)]),
        _ => json!(text),
    }
}

/// The body, if there is any. What is no JSON is text.
fn json(body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    Some(serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body))))
}
