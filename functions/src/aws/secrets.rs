//! Secrets from Secrets Manager and Parameter Store, fetched when they are used. Which of them a
//! function may fetch, its role says.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use countersign::context::Secret;
use countersign_integrations::{Fetch, Secrets};
use serde_json::{Value, json};

use super::signed::{CallError, Signed};
use crate::settings::SecretRef;

/// The secrets of a deployment.
pub(super) fn of(signed: Signed) -> Secrets {
    Secrets::new(Path::new("/")).fetching(Arc::new(Fetcher(signed)))
}

#[derive(Debug)]
struct Fetcher(Signed);

#[async_trait]
impl Fetch for Fetcher {
    async fn fetch(&self, arn: &str) -> Result<Secret, String> {
        value(&self.0, arn).await.map_err(|error| error.to_string())
    }
}

/// A secret.
///
/// # Errors
///
/// If it is not there, is no text, or one may not read it.
pub(super) async fn value(signed: &Signed, arn: &str) -> Result<Secret, CallError> {
    let (answer, place) = if is_parameter(arn) {
        let question = json!({ "Name": arn, "WithDecryption": true });
        (signed.json("ssm", "AmazonSSM.GetParameter", &question).await?, "/Parameter/Value")
    } else {
        let question = json!({ "SecretId": arn });
        let answer = signed.json("secretsmanager", "secretsmanager.GetSecretValue", &question);
        (answer.await?, "/SecretString")
    };
    match answer.pointer(place).and_then(Value::as_str) {
        Some(secret) => Ok(Secret::new(secret.to_owned())),
        None => Err(CallError::Passing("it is no text; store it as one".to_owned())),
    }
}

/// Whether a secret is there, without reading it.
///
/// # Errors
///
/// If it is not, or one may not know.
pub(super) async fn exists(signed: &Signed, arn: &str) -> Result<(), CallError> {
    let asked = if is_parameter(arn) {
        let question = json!({ "Name": arn, "WithDecryption": false });
        signed.json("ssm", "AmazonSSM.GetParameter", &question).await
    } else {
        let question = json!({ "SecretId": arn });
        signed.json("secretsmanager", "secretsmanager.DescribeSecret", &question).await
    };
    asked.map(drop)
}

/// Whether it is a parameter of Parameter Store, and not a secret of Secrets Manager.
fn is_parameter(arn: &str) -> bool {
    arn.split(':').nth(2) == Some("ssm")
}

/// The ARNs of all secrets that settings, or a part of them, name.
pub(super) fn named(settings: &Value) -> BTreeSet<String> {
    let mut arns = BTreeSet::new();
    collect(settings, &mut arns);
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
    use super::*;

    #[test]
    fn an_arn_says_where_its_secret_is() {
        assert!(is_parameter("arn:aws:ssm:eu-central-1:123456789012:parameter/slack"));
        assert!(!is_parameter("arn:aws:secretsmanager:eu-central-1:123456789012:secret:ssm"));
    }

    #[test]
    fn secrets_are_found_wherever_they_are_named() {
        let document = json!({
            "integrations": [{ "settings": { "token": { "arn": "arn:a" } } }],
            "secrets": { "jira": { "arn": "arn:b" }, "other": { "env": "OTHER" } },
        });
        let arns: Vec<_> = named(&document).into_iter().collect();
        assert_eq!(arns, ["arn:a", "arn:b"]);
    }
}
