//! Secrets from AWS Secrets Manager, fetched when the settings are read.
//!
//! Where one cannot be fetched, the function goes on without it: only what needs it fails, and says
//! so. Taking access away from one system never waits for the secret of another.

use std::collections::BTreeSet;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::DisplayErrorContext;
use countersign::context::Secret;
use futures_util::StreamExt;
use serde_json::Value;

use crate::settings::{SecretRef, keep_secret};

/// So many are fetched at the same time.
const SIDE_BY_SIDE: usize = 8;

/// Fetches every secret that the settings document names by an ARN.
pub(super) async fn fetch(client: &Client, document: &str) {
    let fetching = futures_util::stream::iter(named(document)).map(|arn| async move {
        let fetched = client.get_secret_value().secret_id(&arn).send().await;
        match fetched.map(|secret| secret.secret_string) {
            Ok(Some(secret)) => keep_secret(arn, Secret::new(secret)),
            Ok(None) => tracing::error!(arn, "the secret is no text; store it as one"),
            Err(error) => {
                let error = DisplayErrorContext(error);
                tracing::error!(arn, "the secret cannot be fetched: {error}");
            }
        }
    });
    fetching.buffer_unordered(SIDE_BY_SIDE).collect::<()>().await;
}

/// The ARNs of all secrets that the settings document names.
pub(super) fn named(document: &str) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    // A document that is none is refused by whoever reads it.
    collect(&serde_json::from_str(document).unwrap_or_default(), &mut arns);
    arns
}

fn collect(value: &Value, arns: &mut BTreeSet<String>) {
    match (SecretRef::of(value), value) {
        (Some(SecretRef::Arn(arn)), _) => drop(arns.insert(arn)),
        (_, Value::Object(members)) => {
            members.values().for_each(|member| collect(member, arns));
        }
        (_, Value::Array(items)) => items.iter().for_each(|item| collect(item, arns)),
        (_, Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_)) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_are_found_wherever_they_are_named() {
        let document = json!({
            "integrations": [{ "settings": { "token": { "arn": "arn:a" } } }],
            "secrets": { "jira": { "arn": "arn:b" }, "other": { "env": "OTHER" } },
        });
        let arns: Vec<_> = named(&document.to_string()).into_iter().collect();
        assert_eq!(arns, ["arn:a", "arn:b"]);
    }
}
