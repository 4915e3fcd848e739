//! Whether Slack is set up: before somebody finds out by using it.

use countersign::model::Integration;
use countersign_integrations::slack::{Slack, SlackError};
use countersign_integrations::{SecretRef, Secrets};
use serde_json::{Value, json};

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
            let pinned = config.as_ref().and_then(|config| config.app.as_deref());
            if let (Some(pinned), Some(bot)) = (pinned, &standing.bot) {
                findings.push(app(&about("app"), &slack, pinned, bot).await);
            }
        }
        Err(error) => findings.push(refused(&about("bot token"), &error)),
    }
    if let Some(name) = integration.settings.get("error_channel").and_then(Value::as_str) {
        findings.push(error_channel(&about("error channel"), &slack, name).await);
    }
    let Some(config) = config else {
        let mend = "write `signing_secret` (or `app_token`, for Socket Mode) into the integration's settings";
        findings.push(bad(&about("requests"), "none come in", mend));
        return findings;
    };
    for secret in &config.signing {
        findings.push(signing(&about("signing secret"), secret, secrets).await);
    }
    if let Some(token) = &config.app_token {
        let about = about("Socket Mode");
        findings.push(match app_token(&about, token, config.app.as_deref(), secrets).await {
            Some(finding) => finding,
            None => socket(&about, &slack, token).await,
        });
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

/// Whether the bot is that of the app whose requests are taken.
async fn app(about: &str, slack: &Slack, pinned: &str, bot: &str) -> Finding {
    let mend = "write the App ID of Basic Information as `app_id`, or take the token of that app";
    match slack.call("bots.info", &json!({ "bot": bot })).await {
        Ok(answer) => match answer.pointer("/bot/app_id").and_then(Value::as_str) {
            Some(app) if app == pinned => good(about, format!("{app}, as pinned")),
            Some(app) => {
                bad(about, format!("the bot token is of {app}, and not of {pinned}"), mend)
            }
            None => bad(about, "bots.info has no `app_id`", mend),
        },
        Err(error) => refused(about, &error),
    }
}

/// Whether errors can be told where they are to be.
async fn error_channel(about: &str, slack: &Slack, name: &str) -> Finding {
    let found = match slack.channel_id(name).await {
        Ok(id) => slack.call("conversations.info", &json!({ "channel": id })).await,
        Err(error) => Err(error),
    };
    let channel = match found {
        Ok(channel) => channel,
        Err(error) => return refused(about, &error),
    };
    let is = |what: &str| {
        channel.pointer(&format!("/channel/{what}")).and_then(Value::as_bool).unwrap_or_default()
    };
    match (is("is_archived"), is("is_member"), is("is_private")) {
        (true, ..) => bad(about, format!("{name} is archived"), "name another `error_channel`"),
        (false, true, _) => good(about, format!("the app is in {name}")),
        (false, false, false) => good(about, format!("{name} is public: the app posts there")),
        (false, false, true) => {
            bad(about, format!("the app is not in {name}"), "invite it there: `/invite`")
        }
    }
}

fn refused(about: &str, error: &SlackError) -> Finding {
    let hint = error.error.hint.clone().unwrap_or_else(|| "try again".to_owned());
    bad(about, error.error.to_string(), &hint)
}

async fn signing(about: &str, secret: &SecretRef, secrets: &Secrets) -> Finding {
    let mend = "copy the *Signing Secret* from Basic Information of the Slack app";
    match secrets.read(secret).await {
        Ok(secret) if is_signing_secret(secret.expose()) => good(about, "it is there"),
        Ok(_) => {
            let seen = "it has not the form of one: 32 hexadecimal digits and nothing else";
            bad(about, seen, mend)
        }
        Err(error) => bad(about, error.to_string(), mend),
    }
}

fn is_signing_secret(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// What is wrong with an app token by its form, `xapp-1-A0123ABCD-..`.
async fn app_token(
    about: &str,
    token: &SecretRef,
    pinned: Option<&str>,
    secrets: &Secrets,
) -> Option<Finding> {
    let mend =
        "make an app token with `connections:write` under Basic Information of the Slack app";
    let token = match secrets.read(token).await {
        Ok(token) => token,
        Err(error) => return Some(bad(about, error.to_string(), mend)),
    };
    let Some(rest) = token.expose().strip_prefix("xapp-") else {
        let seen = "it is no app token: those begin with `xapp-`";
        return Some(bad(about, seen, mend));
    };
    let app = rest.split('-').find(|part| part.starts_with('A'))?;
    let pinned = pinned.filter(|pinned| *pinned != app)?;
    Some(bad(about, format!("the app token is of {app}, and not of {pinned}"), mend))
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
