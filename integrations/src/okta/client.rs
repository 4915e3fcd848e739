//! One organization at Okta, spoken to over its API.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use countersign::context::ServiceError;
use countersign::model::Integration;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::Instant;

use super::auth::{Auth, Service};
use super::shapes::{Account, Group};
use crate::api::{Answer, Api, Call, Refusal};
use crate::doctor::Granted;
use crate::secret::{SecretRef, Secrets};

/// What we ask for as a service app, where the settings name nothing else.
const SCOPES: [&str; 2] = ["okta.groups.manage", "okta.users.read"];

/// Addresses under which Okta runs organizations.
/// Source: <https://developer.okta.com/docs/concepts/okta-organizations/>.
const DOMAINS: [&str; 5] =
    [".okta.com", ".oktapreview.com", ".okta-emea.com", ".okta-gov.com", ".okta.mil"];

/// More pages than this are a mistake: 20,000 members of a group.
const MOST_PAGES: usize = 100;

/// A person is asked for once in this time: within one decision, they stay what they are.
const PERSON_KEPT: Duration = Duration::from_secs(3);

/// What a name stands for changes rarely; whoever it is, is asked for afresh all the same.
pub(super) const NAME_KEPT: Duration = Duration::from_mins(1);

/// One organization at Okta.
#[derive(Debug, Clone)]
pub struct Okta {
    pub(super) api: Api,
    secrets: Secrets,
    auth: Auth,
    domain: String,
    pub(super) kept: Arc<Kept>,
}

/// What was asked for a moment ago.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub(super) groups: Cache<Group>,
    pub(super) people: Cache<Account>,
    pub(super) ids: Cache<String>,
    pub(super) memberships: Cache<Vec<Group>>,
}

/// The settings of an integration of type `okta`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    token: Option<SecretRef>,
    client_id: Option<String>,
    private_key: Option<SecretRef>,
    key_id: Option<String>,
    scopes: Option<Vec<String>>,
    url: Option<String>,
    #[serde(default)]
    custom_domain: bool,
}

impl Okta {
    /// The organization of an integration; `None` if it has neither `token` nor `private_key`, so
    /// that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        let wrong = |what: String| {
            let hint = format!("mend the settings of the integration `{}`", integration.name);
            ServiceError::lasting("okta", what, hint)
        };
        let settings = Settings::deserialize(Value::Object(integration.settings.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        let auth = match (settings.token, settings.client_id, settings.private_key) {
            (None, None, None) => return Ok(None),
            (Some(token), None, None) => Auth::Token(token),
            (None, Some(client_id), Some(private_key)) => Auth::Service(Service {
                client_id,
                private_key,
                key_id: settings.key_id,
                scopes: settings.scopes.map_or_else(|| SCOPES.join(" "), |scopes| scopes.join(" ")),
                kept: Arc::default(),
            }),
            (Some(_), _, _) => {
                let what = "there is a `token` and a `client_id` or `private_key`: write one way";
                return Err(wrong(what.to_owned()));
            }
            (None, _, _) => {
                let what = "`client_id` and `private_key` belong together: one of them is missing";
                return Err(wrong(what.to_owned()));
            }
        };
        let domain = integration.external_id.clone();
        let url = match settings.url {
            Some(url) => url,
            None => address(&domain, settings.custom_domain).map_err(wrong)?,
        };
        let api = Api::new("okta", &url)?;
        Ok(Some(Self { api, secrets: secrets.clone(), auth, domain, kept: Arc::default() }))
    }

    /// What Okta grants us; `None` with an API token, which may do what its owner may.
    pub(crate) async fn granted(&self) -> Result<Option<Granted>, ServiceError> {
        match &self.auth {
            Auth::Token(_) => Ok(None),
            Auth::Service(service) => service.granted(&self.api, &self.secrets).await.map(Some),
        }
    }

    /// Its domain: what identities in it are kept under.
    #[must_use]
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Makes a call, with what shows who we are; once more with another if Okta does not take it.
    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        scope: &str,
        call: impl for<'a> Fn(&'a Api) -> Result<Call<'a>, ServiceError>,
    ) -> Result<Answer<T>, Refusal> {
        let made = |api| call(api).map_err(Refusal::unanswered);
        let pass = self.auth.pass(&self.api, &self.secrets).await?;
        let outcome = made(&self.api)?.header("authorization", pass.expose()).send().await;
        let outcome = match outcome {
            Err(refusal) if refusal.is_unauthorized() => {
                match self.auth.another(&self.api, &self.secrets, &pass).await? {
                    Some(pass) => {
                        made(&self.api)?.header("authorization", pass.expose()).send().await
                    }
                    None => Err(refusal),
                }
            }
            outcome => outcome,
        };
        outcome.map_err(|refusal| self.hinted(refusal, scope))
    }

    /// Reads all pages of a list.
    pub(super) async fn list<T: DeserializeOwned>(
        &self,
        name: &'static str,
        scope: &str,
        first: impl for<'a> Fn(&'a Api) -> Call<'a>,
    ) -> Result<Vec<T>, Refusal> {
        let mut page: Answer<Vec<T>> = self.send(scope, |api| Ok(first(api))).await?;
        let mut all = Vec::new();
        for _ in 0..MOST_PAGES {
            let next = next_page(&page.headers);
            all.append(&mut page.body);
            let Some(next) = next else { return Ok(all) };
            page.rest(&self.api, name).await.map_err(Refusal::unanswered)?;
            page = self.send(scope, |api| api.next_page(name, &next)).await?;
        }
        let what = format!("{name} has more than {MOST_PAGES} pages, which is more than is read");
        let hint = "name a smaller group";
        Err(Refusal::unanswered(ServiceError::lasting(self.api.system(), what, hint)))
    }

    fn hinted(&self, mut refusal: Refusal, scope: &str) -> Refusal {
        if refusal.status == Some(reqwest::StatusCode::FORBIDDEN) {
            refusal.error.hint = Some(match &self.auth {
                Auth::Token(_) => format!(
                    "whoever made the API token of `{}` has to be allowed to do this: a read-only \
                     administrator reads, a group administrator of the group changes its members",
                    self.domain
                ),
                Auth::Service(service) => format!(
                    "grant the scope `{scope}` under Okta API Scopes of the app `{}`, name it in \
                     `scopes` if that is written, and give the app an administrator role",
                    service.client_id
                ),
            });
        }
        refusal
    }
}

/// The address of an organization, by its domain.
fn address(domain: &str, is_custom: bool) -> Result<String, String> {
    if domain.contains(['/', ':', '@', '?', '#']) || !domain.contains('.') {
        return Err(format!("`external_id` is a domain such as `acme.okta.com`, not `{domain}`"));
    }
    if let Some((name, rest)) = domain.split_once("-admin.okta") {
        return Err(format!(
            "`{domain}` is the admin console: write `{name}.okta{rest}` as `external_id`"
        ));
    }
    if !is_custom && !DOMAINS.iter().any(|known| domain.ends_with(known)) {
        return Err(format!(
            "`{domain}` is no domain of Okta's: if it is a domain of your own that Okta serves, write \
             `custom_domain = true`"
        ));
    }
    Ok(format!("https://{domain}/"))
}

/// The address of the page after this one.
/// Source: <https://developer.okta.com/docs/api/#pagination>, RFC 8288.
fn next_page(headers: &HeaderMap) -> Option<String> {
    let links = headers.get_all("link").iter().filter_map(|value| value.to_str().ok());
    links.flat_map(|links| links.split(", <")).find_map(|link| {
        let (url, parameters) = link.trim_start_matches('<').split_once('>')?;
        let is_next = parameters.split(';').any(|one| one.trim() == "rel=\"next\"");
        is_next.then(|| url.to_owned())
    })
}

/// What was asked for a moment ago, by name.
#[derive(Debug)]
pub(super) struct Cache<T>(Mutex<BTreeMap<String, (Instant, T)>>);

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Cache<T> {
    /// What was answered, if that is not longer ago than `kept`.
    pub(super) fn get(&self, name: &str, kept: Duration) -> Option<T> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(name).filter(|(at, _)| at.elapsed() < kept).map(|(_, value)| value.clone())
    }

    pub(super) fn put(&self, name: &str, value: T) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What nobody asks for again is not kept for good.
        if all.len() >= 1_000 {
            all.retain(|_, (at, _)| at.elapsed() < NAME_KEPT);
        }
        all.insert(name.to_owned(), (Instant::now(), value));
    }

    pub(super) fn forget(&self, name: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl Kept {
    pub(super) fn person(&self, id: &str) -> Option<Account> {
        self.people.get(id, PERSON_KEPT)
    }

    pub(super) fn memberships(&self, id: &str) -> Option<Vec<Group>> {
        self.memberships.get(id, PERSON_KEPT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_okta_s_own_domains_are_called_unless_one_says_otherwise() {
        for domain in ["acme.okta.com", "acme.oktapreview.com", "acme.okta-emea.com"] {
            assert_eq!(address(domain, false).unwrap(), format!("https://{domain}/"));
        }
        let error = |domain| address(domain, false).unwrap_err();
        assert!(error("id.acme.com").contains("custom_domain = true"));
        assert_eq!(address("id.acme.com", true).unwrap(), "https://id.acme.com/");
        assert!(error("acme-admin.okta.com").contains("write `acme.okta.com`"));
        for domain in ["https://acme.okta.com", "acme", "acme.okta.com/x", "a@b.okta.com"] {
            assert!(error(domain).contains("external_id"), "{domain}");
        }
        assert!(error("acmeokta.com.evil.test").contains("no domain of Okta's"));
        assert!(error("evilokta.com").contains("no domain of Okta's"));
    }

    #[test]
    fn the_next_page_is_found_among_the_links() {
        let mut headers = HeaderMap::new();
        let link = "<https://a.okta.com/api/v1/users?limit=2>; rel=\"self\"";
        headers.append("link", link.parse().unwrap());
        assert_eq!(next_page(&headers), None);
        let link = "<https://a.okta.com/api/v1/users?after=x&limit=2>; rel=\"next\"";
        headers.append("link", link.parse().unwrap());
        let expected = "https://a.okta.com/api/v1/users?after=x&limit=2";
        assert_eq!(next_page(&headers).as_deref(), Some(expected));
        let mut headers = HeaderMap::new();
        let both = "<https://a/?self>; rel=\"self\", <https://a/?next>; rel=\"next\"";
        headers.append("link", both.parse().unwrap());
        assert_eq!(next_page(&headers).as_deref(), Some("https://a/?next"));
    }
}
