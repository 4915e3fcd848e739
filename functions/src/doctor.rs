//! What is missing for this machine's settings, before somebody finds out by using it: every system is
//! asked something that changes nothing.

use std::collections::BTreeSet;

use countersign::context::ServiceError;
use countersign::model::{Integration, Timestamp};
use countersign_integrations::{SecretRef, Secrets, doctor, strategies};
use serde_json::Value;

use crate::finding::{Finding, bad, good};
use crate::settings::{Settings, StrategySettings};
use crate::sign_in::SignIn;
use crate::slack;

/// Looks at every system of the settings, at every secret, and at how people sign in.
pub async fn look(settings: &Settings, secrets: &Secrets, now: Timestamp) -> Vec<Finding> {
    let mut findings = slack::doctor::look(settings, secrets).await;
    for integration in &settings.integrations {
        // Slack was looked at, more closely.
        if integration.kind == "slack" {
            continue;
        }
        if let Some(integration) = settings.integration(&integration.name) {
            findings.extend(system(&integration, secrets).await);
            findings.extend(scopes(&integration, settings, secrets).await);
        }
    }
    for (about, reference) in signing(settings) {
        findings.push(readable(&about, &reference, secrets).await);
    }
    if let Some(sign_in) = &settings.sign_in {
        match SignIn::of(sign_in, secrets.clone()) {
            Ok(sign_in) => findings.extend(sign_in.examine(now).await),
            Err(why) => findings.push(bad("sign-in", why, "mend `sign_in` in the settings")),
        }
    }
    findings
}

async fn system(integration: &Integration, secrets: &Secrets) -> Option<Finding> {
    let about = format!("{} `{}`", integration.kind, integration.name);
    match doctor::ask(integration, secrets).await? {
        Ok(()) => Some(good(&about, "it answers, and takes what we show it")),
        Err(error) => Some(refused(&about, &error)),
    }
}

/// Whether a system granted what the strategies there need, where it says so.
async fn scopes(
    integration: &Integration,
    settings: &Settings,
    secrets: &Secrets,
) -> Option<Finding> {
    let there = |it: &&StrategySettings| it.integration.as_ref() == Some(&integration.name);
    let used: BTreeSet<_> =
        settings.strategies.iter().filter(there).map(|it| it.kind.as_str()).collect();
    let kinds = strategies().iter().filter(|it| used.contains(it.kind));
    let needed: BTreeSet<_> = kinds.flat_map(|it| it.scopes).copied().collect();
    if needed.is_empty() {
        return None;
    }
    let about = format!("{} `{}`, scopes", integration.kind, integration.name);
    Some(match doctor::granted(integration, secrets).await? {
        Ok(granted) => match granted.lacks(needed).join(", ") {
            none if none.is_empty() => good(&about, "all that strategies need"),
            missing => {
                let mend = format!("grant {missing} {}", granted.place);
                bad(&about, format!("missing: {missing}"), &mend)
            }
        },
        Err(error) => refused(&about, &error),
    })
}

fn refused(about: &str, error: &ServiceError) -> Finding {
    bad(about, error.what.clone(), error.hint.as_deref().unwrap_or("try again"))
}

/// The secrets that sign what goes to endpoints.
fn signing(settings: &Settings) -> Vec<(String, SecretRef)> {
    let hooks = settings.webhooks.iter();
    let hooks = hooks.map(|hook| (format!("webhook `{}`", hook.name), hook.secret.clone()));
    let strategies = settings.strategies.iter().filter(|it| it.kind == "http").filter_map(|it| {
        let secret = it.settings.get("secret").and_then(|it: &Value| SecretRef::of(it))?;
        Some((format!("strategy `{}`", it.name), secret))
    });
    let export = settings.export.http.iter();
    let export = export.map(|it| ("export to an endpoint".to_owned(), it.secret.clone()));
    hooks.chain(strategies).chain(export).collect()
}

async fn readable(about: &str, secret: &SecretRef, secrets: &Secrets) -> Finding {
    match secrets.read(secret).await {
        Ok(_) => good(about, "its secret is there"),
        Err(error) => {
            bad(about, error.to_string(), "make one with `echo whsec_$(openssl rand -base64 32)`")
        }
    }
}
