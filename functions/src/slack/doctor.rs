//! Whether Slack is set up: before somebody finds out by using it.

use countersign::model::Integration;
use countersign_integrations::slack::Slack;
use countersign_integrations::{SecretRef, Secrets};
use serde_json::json;

use super::config::Config;
use super::manifest::SCOPES;
use crate::finding::{Finding, bad, good};
use crate::settings::Settings;

/// Looks at every workspace of the settings.
pub async fn look(settings: &Settings, secrets: &Secrets) -> Vec<Finding> {
    let mut findings = Vec::new();
    for integration in settings.integrations_of("slack") {
        findings.extend(workspace(&integration, secrets).await);
    }
    findings
}

async fn workspace(integration: &Integration, secrets: &Secrets) -> Vec<Finding> {
    let about = |what: &str| format!("slack `{}`, {what}", integration.name);
    let config = match Config::read(integration) {
        Ok(config) => config,
        Err(why) => return vec![bad(&about("settings"), why, "mend the integration's settings")],
    };
    let slack = match Slack::open(integration, secrets) {
        Ok(Some(slack)) => slack,
        Ok(None) => {
            let mend = "write `bot_token` into the integration's settings, or leave it: then nothing goes to Slack";
            return vec![bad(&about("bot token"), "there is none", mend)];
        }
        Err(error) => return vec![bad(&about("settings"), error.to_string(), MEND)],
    };
    let mut findings = Vec::new();
    match slack.standing().await {
        Ok(standing) => {
            let ours = &integration.external_id;
            let name = standing.name.as_deref().unwrap_or(&standing.team);
            if standing.team == *ours || standing.organization.as_ref() == Some(ours) {
                findings.push(good(&about("bot token"), format!("Slack takes it, for {name}")));
            } else {
                let seen = format!("it is of {name}, {}, and not of {ours}", standing.team);
                let mend =
                    "write the workspace's id as `external_id`, or take the token of that one";
                findings.push(bad(&about("bot token"), seen, mend));
            }
            findings.push(scopes(&about("scopes"), &standing.scopes));
        }
        Err(error) => {
            let hint = error.error.hint.clone().unwrap_or_else(|| "try again".to_owned());
            findings.push(bad(&about("bot token"), error.error.to_string(), &hint));
        }
    }
    let Some(config) = config else {
        let mend = "write `signing_secret` (or `app_token`, for Socket Mode) into the integration's settings";
        findings.push(bad(&about("requests"), "none come in", mend));
        return findings;
    };
    for secret in &config.signing {
        findings.push(readable(&about("signing secret"), secret, secrets).await);
    }
    if let Some(token) = &config.app_token {
        findings.push(socket(&about("Socket Mode"), &slack, token).await);
    }
    findings
}

const MEND: &str = "mend the integration's settings";

fn scopes(about: &str, has: &[String]) -> Finding {
    let missing: Vec<_> =
        SCOPES.iter().filter(|scope| !has.iter().any(|it| it == *scope)).copied().collect();
    if missing.is_empty() {
        return good(about, "all that are needed");
    }
    let mend = format!(
        "add {} under OAuth & Permissions > Bot Token Scopes of the Slack app, and install it again",
        missing.join(", ")
    );
    bad(about, format!("missing: {}", missing.join(", ")), &mend)
}

async fn readable(about: &str, secret: &SecretRef, secrets: &Secrets) -> Finding {
    match secrets.read(secret).await {
        Ok(_) => good(about, "it is there"),
        Err(error) => {
            bad(about, error.to_string(), "copy it from Basic Information of the Slack app")
        }
    }
}

async fn socket(about: &str, slack: &Slack, token: &SecretRef) -> Finding {
    match slack.call_by(token, "apps.connections.open", &json!({})).await {
        Ok(_) => good(about, "Slack opens a connection"),
        Err(error) => {
            let mend = "make an app token with `connections:write` under Basic Information of the Slack app, and turn Socket Mode on";
            bad(about, error.error.to_string(), mend)
        }
    }
}
