//! The systems that a deployment works with, asked as the local `doctor` asks them, with the secrets
//! that whoever looks may read.

use std::collections::{BTreeMap, HashMap};

use countersign::model::Timestamp;
use countersign_integrations::{SecretRef, strategies};
use serde_json::{Value, json};

use super::{APPLY, Doctor};
use crate::aws::config::{Config, Role};
use crate::aws::signed::Signed;
use crate::aws::{Patience, secrets};
use crate::doctor;
use crate::finding::{Finding, bad, good, unseen};
use crate::settings::{HttpExport, Settings, SignInSettings};
use crate::sign_in::Setup;

/// Secrets that whoever looks may not read, by their ARNs, with what AWS says to it.
type Closed = BTreeMap<String, String>;

impl Doctor {
    /// Looks at every secret, at every system, and at how people sign in.
    pub(super) async fn systems(&self, settings: Settings, now: Timestamp) -> Vec<Finding> {
        let signed = match Signed::new(self.clients.config(Patience::Working)) {
            Ok(signed) => signed,
            Err(error) => return vec![bad("secrets", error.to_string(), APPLY)],
        };
        let (settings, mut findings) = self.whole(settings).await;
        let (of_secrets, closed) = look_at_secrets(&signed, &settings).await;
        findings.extend(of_secrets);
        let (settings, not_asked) = without(settings, &closed);
        findings.extend(not_asked);
        findings.extend(doctor::look(&settings, &secrets::of(signed), now).await);
        findings
    }

    /// The settings with what the functions are told besides, as the local server's have it, and what is
    /// wrong with that.
    async fn whole(&self, mut settings: Settings) -> (Settings, Vec<Finding>) {
        let mut findings = Vec::new();
        let mut wrong = |role: Role, why: String| {
            findings.push(bad(&format!("what `{role}` is told"), why, APPLY));
        };
        // A function that cannot be asked is found elsewhere.
        if let Some(told) = self.told(Role::Api).await {
            match sign_in(&|name| told.get(name).cloned()) {
                Ok(sign_in) => settings.sign_in = sign_in,
                Err(why) => wrong(Role::Api, why),
            }
        }
        if let Some(told) = self.told(Role::Sweep).await {
            match Config::named(|name| told.get(name).cloned()) {
                Ok(Config { audit, .. }) => {
                    let http = |(url, arn)| HttpExport { url, secret: SecretRef::Arn(arn) };
                    settings.export.http = audit.endpoint.map(http);
                }
                Err(why) => wrong(Role::Sweep, why.to_string()),
            }
        }
        (settings, findings)
    }

    /// What a function is told by its environment.
    async fn told(&self, role: Role) -> Option<HashMap<String, String>> {
        let client = aws_sdk_lambda::Client::new(&self.clients.config(Patience::Working));
        let name = format!("{}-{role}", self.base);
        let function = client.get_function_configuration().function_name(name).send().await.ok()?;
        Some(function.environment.and_then(|it| it.variables).unwrap_or_default())
    }
}

/// How people sign in to the pages, if they can.
fn sign_in(told: &dyn Fn(&str) -> Option<String>) -> Result<Option<SignInSettings>, String> {
    let url = told("COUNTERSIGN_URL").unwrap_or_default();
    let Some(setup) = Setup::from_vars(told, &url)? else { return Ok(None) };
    let issuer = told("COUNTERSIGN_OIDC_ISSUER").ok_or("there is a client, and no issuer")?;
    let Setup { client_id, client_secret, email_claim, url, lasts, idle, .. } = setup;
    let audiences = Vec::new();
    Ok(Some(SignInSettings {
        issuer,
        client_id,
        client_secret,
        url,
        email_claim,
        audiences,
        lasts,
        idle,
    }))
}

/// Whether the secrets are there, and which of them are not for whoever looks.
async fn look_at_secrets(signed: &Signed, settings: &Settings) -> (Vec<Finding>, Closed) {
    let (mut findings, mut closed) = (Vec::new(), Closed::new());
    for arn in secrets::named(&json!(settings)) {
        let about = format!("secret {arn}");
        // Whoever looks need not be able to read it.
        findings.push(match secrets::exists(signed, &arn).await {
            Ok(()) => good(&about, "there"),
            Err(error) if error.is_denied() => {
                let mend = "look as somebody who may describe it";
                unseen(&about, format!("AWS does not let you look: {error}"), mend)
            }
            Err(error) => {
                let mend = "store it there, or name another one in the module's inputs";
                bad(&about, error.to_string(), mend)
            }
        });
        if let Err(error) = secrets::value(signed, &arn).await
            && error.is_denied()
        {
            closed.insert(arn, error.to_string());
        }
    }
    (findings, closed)
}

/// The settings without what is not asked, and why that is not.
fn without(mut settings: Settings, closed: &Closed) -> (Settings, Vec<Finding>) {
    let mut findings = Vec::new();
    let mut is_asked = |about: &str, why_not: Option<(String, &str)>| {
        let is_asked = why_not.is_none();
        findings.extend(why_not.map(|(why, mend)| unseen(about, why, mend)));
        is_asked
    };
    settings.integrations.retain(|it| {
        let why_not = is_closed(&json!(it), closed).or_else(|| is_the_workers(&it.kind));
        is_asked(&format!("{} `{}`", it.kind, it.name), why_not)
    });
    settings.strategies.retain(|it| {
        let why_not = (it.kind == "http").then(|| is_closed(&json!(it), closed)).flatten();
        is_asked(&format!("strategy `{}`", it.name), why_not)
    });
    settings
        .webhooks
        .retain(|it| is_asked(&format!("webhook `{}`", it.name), is_closed(&json!(it), closed)));
    settings
        .export
        .http
        .take_if(|it| !is_asked("export to an endpoint", is_closed(&json!(it), closed)));
    settings.sign_in.take_if(|it| {
        let about = format!("sign-in, client `{}`", it.client_id);
        !is_asked(&about, is_closed(&json!(it), closed))
    });
    (settings, findings)
}

/// Why something cannot be asked, and how it can, if it needs a secret that is closed.
fn is_closed(part: &Value, closed: &Closed) -> Option<(String, &'static str)> {
    let named = secrets::named(part);
    let (arn, said) = named.iter().find_map(|arn| Some((arn, closed.get(arn)?)))?;
    let mend = "look as somebody who may read that secret, to have it asked";
    Some((format!("not asked, since you may not read its secret {arn}: {said}"), mend))
}

/// The same of systems in AWS: what they answer is about the rights of whoever asks.
fn is_the_workers(kind: &str) -> Option<(String, &'static str)> {
    let is_aws = strategies().iter().any(|it| it.integration == kind && !it.rights.is_empty());
    let why = "not asked, since it is asked with the rights of the function `worker`, and yours are others";
    let mend = "what the worker may do, the module's output `policies` shows";
    is_aws.then(|| (why.to_owned(), mend))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::any;
    use countersign_vendors::House;

    use super::*;
    use crate::aws::Clients;
    use crate::settings::Format;

    fn settings() -> Settings {
        let secret = |name: &str| json!({ "arn": format!("arn:{name}") });
        let document = json!({
            "environment": { "name": "prod", "org": "acme" },
            "integrations": [
                { "name": "okta", "type": "okta", "external_id": "acme.okta.test", "settings": { "token": secret("okta") } },
                { "name": "pagerduty", "type": "pagerduty", "external_id": "acme", "settings": { "token": secret("pagerduty") } },
            ],
            "webhooks": [{ "name": "siem", "url": "https://siem.acme.test/", "secret": secret("siem") }],
            "secrets": { "jira": secret("jira") },
        });
        Settings::parse(&document.to_string(), Format::Json, "settings").unwrap()
    }

    #[test]
    fn what_needs_a_closed_secret_is_not_asked_and_nothing_else() {
        let closed = |arns: &[&str]| {
            arns.iter().map(|arn| ((*arn).to_owned(), "denied".to_owned())).collect::<Closed>()
        };
        let (all, findings) = without(settings(), &closed(&["arn:jira"]));
        assert_eq!((all, findings), (settings(), Vec::new()));
        let (rest, findings) = without(settings(), &closed(&["arn:okta", "arn:siem"]));
        let names: Vec<_> = rest.integrations.iter().map(|it| it.name.as_str()).collect();
        assert_eq!((names, rest.webhooks.len()), (vec!["pagerduty"], 0));
        let about: Vec<_> = findings.iter().map(|it| it.about.as_str()).collect();
        assert_eq!(about, ["okta `okta`", "webhook `siem`"]);
        let told = &findings[0];
        assert!(
            !told.is_good() && !told.is_bad() && told.seen.contains("arn:okta: denied"),
            "{told:?}"
        );
    }

    /// Somebody may look for every secret, and read all but one.
    async fn aws(headers: HeaderMap, body: String) -> (StatusCode, String) {
        let reads = headers["x-amz-target"].to_str().unwrap().ends_with("GetSecretValue");
        if reads && body.contains("arn:okta") {
            let said = r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#;
            return (StatusCode::BAD_REQUEST, said.to_owned());
        }
        if body.contains("arn:siem") {
            let said = r#"{"__type":"ResourceNotFoundException"}"#;
            return (StatusCode::BAD_REQUEST, said.to_owned());
        }
        (StatusCode::OK, r#"{"SecretString":"canary"}"#.to_owned())
    }

    #[tokio::test]
    async fn a_secret_that_is_closed_is_no_fault_and_one_that_is_not_there_is() {
        let house = House::open(Router::new().fallback(any(aws))).await;
        let config = Clients::of_emulator(&house.url).config(Patience::Working);
        let signed = Signed::new(config).unwrap();
        let (findings, closed) = look_at_secrets(&signed, &settings()).await;
        let good: Vec<_> = findings.iter().map(|it| (it.about.clone(), it.is_good())).collect();
        let expected = [("jira", true), ("okta", true), ("pagerduty", true), ("siem", false)];
        assert_eq!(good, expected.map(|(name, good)| (format!("secret arn:{name}"), good)));
        assert_eq!(closed.keys().collect::<Vec<_>>(), ["arn:okta"]);
        assert!(!format!("{findings:?}").contains("canary"), "{findings:?}");
    }

    #[test]
    fn how_people_sign_in_is_what_the_function_is_told() {
        let told = [
            ("COUNTERSIGN_URL", "https://access.acme.test"),
            ("COUNTERSIGN_OIDC_ISSUER", "https://id.acme.test"),
            ("COUNTERSIGN_OIDC_CLIENT_ID", "pages"),
            ("COUNTERSIGN_OIDC_CLIENT_SECRET", "arn:pages"),
        ];
        let of = |told: &[(&str, &str)]| {
            let told: BTreeMap<_, _> = told.iter().copied().collect();
            sign_in(&|name| told.get(name).map(ToString::to_string))
        };
        let found = of(&told).unwrap().unwrap();
        assert_eq!(found.client_secret, Some(SecretRef::Arn("arn:pages".to_owned())));
        assert_eq!((found.client_id.as_str(), found.url.as_str()), ("pages", told[0].1));
        assert_eq!(of(&told[..2]), Ok(None), "for the API alone");
        let wrong = [told.as_slice(), &[("COUNTERSIGN_SESSION_LASTS", "ages")]].concat();
        assert!(of(&wrong).unwrap_err().starts_with("COUNTERSIGN_SESSION_LASTS: "));
    }
}
