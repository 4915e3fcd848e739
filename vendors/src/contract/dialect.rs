//! The languages in which APIs are described, read into one: operations.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A language in which an API is described.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `OpenAPI` 3.0. Source: <https://spec.openapis.org/oas/v3.0.3>.
    OpenApi,
    /// `OpenAPI` 2.0. Source: <https://spec.openapis.org/oas/v2.0>.
    Swagger,
    /// Google's. Source: <https://developers.google.com/discovery/v1/reference/apis>.
    Discovery,
}

/// What can be asked of an API.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    path: String,
    pub(super) queries: Vec<Parameter>,
    /// The schema of the body, if it takes one.
    pub(super) body: Option<Value>,
    pub(super) needs_body: bool,
    /// The schema of the answer, by the status.
    answers: BTreeMap<String, Option<Value>>,
}

/// A parameter of the query.
#[derive(Debug)]
pub(super) struct Parameter {
    pub(super) name: String,
    pub(super) is_required: bool,
    pub(super) schema: Value,
}

/// What is answered with a status.
#[derive(Debug)]
pub(super) enum Answer<'a> {
    /// There is no such status.
    Never,
    /// Nothing is said about the body.
    Anything,
    /// A body of this schema.
    Of(&'a Value),
}

impl Operation {
    pub(super) fn placeholders(&self) -> usize {
        self.path.matches('{').count()
    }

    pub(super) fn is_at(&self, path: &str) -> bool {
        let (ours, theirs) =
            (self.path.trim_matches('/').split('/'), path.trim_matches('/').split('/'));
        ours.clone().count() == theirs.clone().count()
            && ours.zip(theirs).all(|(ours, theirs)| ours == theirs || ours.starts_with('{'))
    }

    /// What it answers with this status.
    pub(super) fn answer(&self, status: u16) -> Answer<'_> {
        let group = format!("{}XX", status / 100);
        let found = [status.to_string(), group, "default".to_owned()];
        match found.iter().find_map(|key| self.answers.get(key)) {
            None => Answer::Never,
            Some(None) => Answer::Anything,
            Some(Some(schema)) => Answer::Of(schema),
        }
    }
}

impl Dialect {
    pub(super) fn operations(self, document: &Value) -> Vec<Operation> {
        if self == Self::Discovery {
            let mut found = Vec::new();
            discovered(document, &document["parameters"], &mut found);
            return found;
        }
        let mut found = Vec::new();
        for (path, item) in members(&document["paths"]) {
            for (method, operation) in members(item) {
                if ["get", "put", "post", "delete", "patch"].contains(&method.as_str()) {
                    found.push(operation_of(document, method, path, item, operation));
                }
            }
        }
        found
    }
}

fn operation_of(
    document: &Value,
    method: &str,
    path: &str,
    item: &Value,
    operation: &Value,
) -> Operation {
    let of = |value: &Value| value["parameters"].as_array().cloned().unwrap_or_default();
    let parameters: Vec<_> =
        of(item).iter().chain(&of(operation)).map(|it| resolved(document, it).clone()).collect();
    let is = |it: &&Value, place: &str| it["in"] == place;
    let queries = parameters.iter().filter(|it| is(it, "query")).map(|it| Parameter {
        name: it["name"].as_str().unwrap_or_default().to_owned(),
        is_required: it["required"] == true,
        // In the older language the parameter is its schema.
        schema: it.get("schema").unwrap_or(it).clone(),
    });
    let old_body = parameters.iter().find(|it| is(it, "body"));
    let new_body = resolved(document, &operation["requestBody"]);
    let body = match old_body {
        Some(body) => Some(body["schema"].clone()),
        None => in_json(&new_body["content"]),
    };
    let answer = |(status, answer): (&String, &Value)| {
        let answer = resolved(document, answer);
        let schema = answer.get("schema").cloned().or_else(|| in_json(&answer["content"]));
        (status.clone(), schema)
    };
    Operation {
        method: method.to_uppercase(),
        path: path.to_owned(),
        queries: queries.collect(),
        body,
        needs_body: old_body.unwrap_or(new_body)["required"] == true,
        answers: members(&operation["responses"]).map(answer).collect(),
    }
}

/// The methods of a resource of Google's, and of all below it.
fn discovered(resource: &Value, of_all: &Value, found: &mut Vec<Operation>) {
    for (_, method) in members(&resource["methods"]) {
        let all = members(of_all).chain(members(&method["parameters"]));
        let queries = all.filter(|(_, it)| it["location"] == "query").map(|(name, it)| Parameter {
            name: name.clone(),
            is_required: it["required"] == true,
            schema: it.clone(),
        });
        let answer = method.get("response").cloned();
        found.push(Operation {
            method: method["httpMethod"].as_str().unwrap_or_default().to_owned(),
            path: method["flatPath"]
                .as_str()
                .or(method["path"].as_str())
                .unwrap_or_default()
                .to_owned(),
            queries: queries.collect(),
            body: method.get("request").cloned(),
            needs_body: method.get("request").is_some(),
            answers: [("200".to_owned(), answer), ("204".to_owned(), None)].into(),
        });
    }
    for (_, below) in members(&resource["resources"]) {
        discovered(below, of_all, found);
    }
}

/// What is meant, where something is only named.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let name = value.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix('#'));
    name.and_then(|name| document.pointer(name)).unwrap_or(value)
}

fn in_json(content: &Value) -> Option<Value> {
    let (_, found) = members(content).find(|(kind, _)| kind.contains("json"))?;
    Some(found.get("schema").cloned().unwrap_or_else(|| json!({})))
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}
