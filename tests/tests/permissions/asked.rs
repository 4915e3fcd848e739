//! What a function asked of AWS.

use std::collections::BTreeSet;

use countersign_functions::store::dynamodb::Tables;
use countersign_tests::message::Message;
use serde_json::Value;

/// One thing that IAM decides about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asked {
    /// An action on a table, and the partition if it writes.
    Table { action: String, audit: bool, pk: Option<String> },
    /// Anything else.
    Other(String),
}

const PREFIX: &str = "DynamoDB_20120810.";

/// What requests asked for.
pub(crate) fn asked(requests: &[Message], tables: &Tables) -> BTreeSet<Asked> {
    requests.iter().flat_map(|request| one(request, tables)).collect()
}

fn one(request: &Message, tables: &Tables) -> Vec<Asked> {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let target = request.header("x-amz-target").unwrap_or_default();
    let on = |action: &str, part: &Value, pk: Option<String>| {
        let action = format!("dynamodb:{action}");
        Asked::Table { action, audit: part["TableName"] == tables.audit.as_str(), pk }
    };
    let Some(operation) = target.strip_prefix(PREFIX) else {
        let what = if target.is_empty() { general(request) } else { target.to_owned() };
        return vec![Asked::Other(what)];
    };
    match operation {
        "TransactWriteItems" => {
            let items = body["TransactItems"].as_array().unwrap();
            let each = items.iter().flat_map(|item| item.as_object().unwrap());
            each.map(|(kind, part)| on(&format!("{kind}Item"), part, partition(part))).collect()
        }
        "BatchGetItem" => {
            let named = body["RequestItems"].as_object().unwrap().keys();
            named
                .map(|name| on(operation, &serde_json::json!({ "TableName": name }), None))
                .collect()
        }
        "GetItem" | "Query" => vec![on(operation, &body, None)],
        _ => vec![on(operation, &body, partition(&body))],
    }
}

fn partition(part: &Value) -> Option<String> {
    let pk = part.pointer("/Key/pk/S").or_else(|| part.pointer("/Item/pk/S"));
    Some(pk.unwrap_or_else(|| panic!("a write without a key: {part}")).as_str()?.to_owned())
}

/// The method and the path without names.
fn general(request: &Message) -> String {
    let (method, path) = request.asks();
    let first = path.split(['/', '?']).find(|it| !it.is_empty() && !it.starts_with("20"));
    format!("{method} {}", first.unwrap_or_default())
}
