//! What the integration says about our app in a workspace.

use countersign::model::Integration;
use countersign_integrations::SecretRef;
use reqwest::Url;
use serde_json::Value;

/// Our app in a workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Config {
    /// The workspace, `T..`, or the organization, `E..`.
    pub(super) team: String,
    /// The app, if it is pinned: `A..`.
    pub(super) app: Option<String>,
    /// What Slack signs with: two while one takes the other's place.
    pub(super) signing: Vec<SecretRef>,
    /// What Socket Mode is opened with.
    pub(super) app_token: Option<SecretRef>,
    /// Where the addresses are that come with what somebody did.
    pub(super) hooks: Url,
}

impl Config {
    /// As an integration of the type `slack` says; `None` if nothing comes in by it, because it has
    /// neither a signing secret nor an app token.
    ///
    /// # Errors
    ///
    /// What is wrong with its settings.
    pub(super) fn read(integration: &Integration) -> Result<Option<Self>, String> {
        let settings = &integration.settings;
        let place = |name: &str| format!("integration `{}`: `{name}`", integration.name);
        let signing = match settings.get("signing_secret") {
            None => Vec::new(),
            Some(Value::Array(all)) => {
                let all: Option<Vec<_>> = all.iter().map(SecretRef::of).collect();
                let all = all.filter(|all| (1..=2).contains(&all.len()));
                all.ok_or_else(|| {
                    format!(
                        "{} is a reference to a secret, or a list of two",
                        place("signing_secret")
                    )
                })?
            }
            Some(one) => vec![SecretRef::of(one).ok_or_else(|| {
                format!("{} is no reference to a secret", place("signing_secret"))
            })?],
        };
        let app_token = match settings.get("app_token") {
            None => None,
            Some(one) => Some(
                SecretRef::of(one)
                    .ok_or_else(|| format!("{} is no reference to a secret", place("app_token")))?,
            ),
        };
        let app = match settings.get("app_id") {
            None => None,
            Some(Value::String(app)) if app.starts_with('A') => Some(app.clone()),
            Some(_) => {
                return Err(format!("{} is no id of an app, as in A0123ABCD", place("app_id")));
            }
        };
        if signing.is_empty() && app_token.is_none() {
            return Ok(None);
        }
        let hooks = match settings.get("url") {
            None => hooks_of("https://slack.com/api/"),
            Some(Value::String(url)) => hooks_of(url),
            Some(_) => return Err(format!("{} is no text", place("url"))),
        };
        let hooks = hooks.map_err(|error| format!("{}: {error}", place("url")))?;
        Ok(Some(Self { team: integration.external_id.clone(), app, signing, app_token, hooks }))
    }

    /// The path of an address to answer at, if it is one of Slack's.
    pub(super) fn hook<'a>(&self, url: &'a str) -> Option<Vec<&'a str>> {
        let rest = url.strip_prefix(self.hooks.as_str())?;
        let is_plain = |it: &&str| {
            !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"_-".contains(&it))
        };
        let segments: Vec<_> = rest.split('/').collect();
        segments.iter().all(is_plain).then_some(segments)
    }

    /// Whether a request is about our app in our workspace: the ids that it names.
    pub(super) fn is_ours(
        &self,
        team: Option<&str>,
        enterprise: Option<&str>,
        app: Option<&str>,
    ) -> bool {
        let place = if self.team.starts_with('E') { enterprise } else { team };
        place == Some(self.team.as_str())
            && self.app.as_deref().is_none_or(|ours| app == Some(ours))
    }
}

/// Slack's two houses, which are apart. Source: <https://api.slack-gov.com/gov-slack/about>.
const HOUSES: [&str; 2] = ["slack.com", "slack-gov.com"];

/// Where one answers whom the Web API at this address is about.
fn hooks_of(api: &str) -> Result<Url, String> {
    let wrong = |error: &dyn std::fmt::Display| format!("`{api}` is no address: {error}");
    let url = Url::parse(api).map_err(|error| wrong(&error))?;
    let hooks = match url.host_str().filter(|host| HOUSES.contains(host)) {
        Some(host) => Url::parse(&format!("https://hooks.{host}/")),
        // Whoever stands in for Slack does so as a whole.
        None => url.join("/"),
    };
    hooks.map_err(|error| wrong(&error))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(settings: Value) -> Result<Option<Config>, String> {
        Config::read(&Integration {
            name: "slack".to_owned(),
            kind: "slack".to_owned(),
            external_id: "T0ACME".to_owned(),
            settings: serde_json::from_value(settings).unwrap(),
            srn: countersign::model::Srn::parse("acme:integration:slack:slack:latest").unwrap(),
        })
    }

    #[test]
    fn there_may_be_two_signing_secrets_and_no_more() {
        let secret = |name: &str| json!({ "env": name });
        let one = read(json!({ "signing_secret": secret("A") })).unwrap().unwrap();
        assert_eq!(one.signing.len(), 1);
        let two = read(json!({ "signing_secret": [secret("A"), secret("B")] })).unwrap().unwrap();
        assert_eq!(two.signing.len(), 2);
        let three = json!({ "signing_secret": [secret("A"), secret("B"), secret("C")] });
        for wrong in [three, json!({ "signing_secret": [] }), json!({ "signing_secret": "x" })] {
            let why = read(wrong).unwrap_err();
            assert!(why.starts_with("integration `slack`: `signing_secret` is "), "{why}");
        }
        assert_eq!(read(json!({})), Ok(None));
    }

    #[test]
    fn answers_go_to_slack_and_nowhere_else() {
        let config = read(json!({ "signing_secret": { "env": "A" } })).unwrap().unwrap();
        let hook = |url: &'static str| config.hook(url);
        assert_eq!(
            hook("https://hooks.slack.com/actions/T0/1/a-B_c"),
            Some(vec!["actions", "T0", "1", "a-B_c"])
        );
        for elsewhere in [
            "https://hooks.slack.com.evil.test/actions/T0/1/a",
            "https://hooks.slack.com@evil.test/actions/T0/1/a",
            "http://hooks.slack.com/actions/T0/1/a",
            "https://169.254.169.254/latest",
            "https://hooks.slack.com/../x",
            "https://hooks.slack.com/actions?x",
            "https://hooks.slack.com/",
            "",
        ] {
            assert_eq!(hook(elsewhere), None, "{elsewhere}");
        }
    }

    #[test]
    fn each_of_slacks_houses_is_answered_at_its_own_address() {
        let hooks = |url: &str| {
            let settings = json!({ "signing_secret": { "env": "A" }, "url": url });
            read(settings).unwrap().unwrap().hooks.to_string()
        };
        assert_eq!(hooks("https://slack-gov.com/api/"), "https://hooks.slack-gov.com/");
        assert_eq!(hooks("https://slack.com/api/"), "https://hooks.slack.com/");
        assert_eq!(hooks("http://127.0.0.1:7080/api/"), "http://127.0.0.1:7080/");
        let number = json!({ "signing_secret": { "env": "A" }, "url": 7 });
        assert_eq!(read(number), Err("integration `slack`: `url` is no text".to_owned()));
    }

    #[test]
    fn what_is_about_another_workspace_or_app_is_not_ours() {
        let settings = json!({ "signing_secret": { "env": "A" }, "app_id": "A1" });
        let config = read(settings).unwrap().unwrap();
        assert!(config.is_ours(Some("T0ACME"), None, Some("A1")));
        assert!(config.is_ours(Some("T0ACME"), Some("E1"), Some("A1")));
        for (team, enterprise, app) in [
            (Some("T1"), None, Some("A1")),
            (None, None, Some("A1")),
            (Some("T1"), Some("T0ACME"), Some("A1")),
            (Some("T0ACME"), None, Some("A2")),
            (Some("T0ACME"), None, None),
        ] {
            assert!(!config.is_ours(team, enterprise, app), "{team:?} {enterprise:?} {app:?}");
        }
        let grid = Config { team: "E1".to_owned(), ..config };
        assert!(grid.is_ours(Some("T1"), Some("E1"), Some("A1")));
        assert!(!grid.is_ours(Some("E1"), None, Some("A1")));
    }
}
