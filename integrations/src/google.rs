//! Google Workspace: membership in groups.
//!
//! Source: <https://developers.google.com/workspace/admin/directory/reference/rest/v1/members>, and for
//! service accounts with domain-wide delegation
//! <https://developers.google.com/identity/protocols/oauth2/service-account#httprest>.

mod manager;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Target, Timestamp, User};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Api, Refusal};
use crate::jwt;
use crate::membership::{ByMembership, Membership, Seat};
use crate::pass::{Kept, Passes, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// What the service account has to be allowed to, under API controls of the Admin console.
const SCOPES: &str = "https://www.googleapis.com/auth/admin.directory.group.member \
     https://www.googleapis.com/auth/admin.directory.user.readonly";

/// `google_group`: a user of Google Workspace is in a group of it.
pub(crate) const GROUP: StrategyKind = StrategyKind {
    kind: "google_group",
    integration: "google",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let google = Google::opened(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(google)))
    },
};

/// A domain of Google Workspace, as a service account sees it that acts for an administrator. An
/// identity is a user's id, which stays when they are renamed.
#[derive(Debug)]
pub struct Google {
    directory: Api,
    oauth: Api,
    secrets: Secrets,
    client_email: String,
    subject: String,
    key: SecretRef,
    kept: Kept,
}

/// A group, and what its members are there.
#[derive(Debug, Serialize)]
pub(crate) struct Group {
    group: String,
    role: &'static str,
}

#[derive(Debug, Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

#[derive(Debug, Deserialize)]
struct Member {
    role: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Account {
    id: String,
    primary_email: String,
    #[serde(default)]
    suspended: bool,
    #[serde(default)]
    relations: Vec<Relation>,
}

/// What somebody is to the user: their `manager`, their `assistant`, ..
#[derive(Debug, Deserialize)]
struct Relation {
    #[serde(rename = "type")]
    kind: String,
    value: String,
}

impl Google {
    /// The domain of an integration; `None` if it has no `private_key`, so that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        if !integration.settings.contains_key("private_key") {
            return Ok(None);
        }
        let opened = Self::opened(integration, secrets).map(Some);
        opened.map_err(|error| crate::systems::service_error("google", &error))
    }

    fn opened(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration);
        let settings = settings.only(&["client_email", "subject", "private_key", "url"])?;
        let url = settings.optional("url")?;
        Ok(Self {
            directory: Api::new("google", url.unwrap_or("https://admin.googleapis.com"))?,
            oauth: Api::new("google", url.unwrap_or("https://oauth2.googleapis.com"))?,
            secrets: secrets.clone(),
            client_email: settings.text("client_email")?.to_owned(),
            subject: settings.text("subject")?.to_owned(),
            key: settings.secret("private_key")?,
            kept: Kept::default(),
        })
    }

    async fn given(&self, key: &Secret) -> Result<Given, Refusal> {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": self.client_email,
            "sub": self.subject,
            "scope": SCOPES,
            "aud": "https://oauth2.googleapis.com/token",
            "iat": now,
            "exp": now.saturating_add(600),
        });
        let statement = jwt::signed("google", key, None, &claims).map_err(Refusal::unanswered)?;
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", statement.as_str()),
        ];
        let call = self.oauth.post("token", &["token"]).form(&form).hiding(&statement);
        let given = call.idempotent().send().await;
        given.map(|answer| answer.body).map_err(|mut refusal| {
            if refusal.status.is_some_and(|status| status.is_client_error()) {
                refusal.error.hint = Some(format!(
                    "look at `client_email`, `private_key` and `subject`, and allow the service account these scopes in the Admin console, under domain-wide delegation: {SCOPES}"
                ));
            }
            refusal
        })
    }

    /// An account by its id or an address of it; `None` if there is none.
    async fn account(&self, key: &str) -> Result<Option<Account>, ServiceError> {
        let path = ["admin", "directory", "v1", "users", key];
        let found = with_pass::<_, Account>(self, |google, pass| {
            google.directory.get("users.get", &path).bearer(pass)
        });
        match found.await.map_err(limited) {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn member(&self, group: &str, who: &str) -> Result<Option<Member>, HandlerError> {
        let path = ["admin", "directory", "v1", "groups", group, "members", who];
        let found =
            with_pass(self, |google, pass| google.directory.get("members.get", &path).bearer(pass));
        match found.await.map_err(limited) {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => {
                // Either is missing: a group that is gone is no answer about its members.
                let path = ["admin", "directory", "v1", "groups", group, "members"];
                let one = [("maxResults", "1")];
                let there = with_pass::<_, Value>(self, |google, pass| {
                    google.directory.get("members.list", &path).query(&one).bearer(pass)
                });
                match there.await.map_err(limited) {
                    Ok(_) => Ok(None),
                    Err(refusal) if refusal.is_not_found() => Err(ServiceError::lasting(
                        "google",
                        format!("there is no group `{group}`"),
                        "look at the target's `group`: its address or id",
                    )
                    .into()),
                    Err(refusal) => Err(refusal.into()),
                }
            }
            Err(refusal) => Err(refusal.into()),
        }
    }
}

#[async_trait]
impl Passes for Google {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let key = self.secrets.read(&self.key).await?;
        let given = self.given(&key).await?;
        Ok((Secret::new(given.access_token), Duration::from_secs(given.expires_in)))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[async_trait]
impl Membership for Google {
    type Place = Group;

    const SESSIONS: &'static str = "what the group gives at Google ends within minutes; what another system took over from the group ends when that system looks again";

    fn place(&self, target: &Target) -> Result<Group, HandlerError> {
        let settings = Reader::target(target).only(&["group", "role"])?;
        let role = settings.word("role", &["MEMBER", "MANAGER", "OWNER"])?;
        Ok(Group { group: settings.text("group")?.to_owned(), role })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        match self.account(mail).await? {
            Some(account) if account.suspended => {
                let what = format!("the account of `{mail}` is suspended");
                Err(ServiceError::lasting("google", what, "restore it, and ask again").into())
            }
            account => Ok(account.map(|account| account.id)),
        }
    }

    async fn has(&self, seat: &Seat<'_, Group>) -> Result<bool, HandlerError> {
        let member = self.member(&seat.place.group, seat.who).await?;
        Ok(member.is_some_and(|member| member.role == seat.place.role))
    }

    async fn add(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let Group { group, role } = seat.place;
        match self.member(group, seat.who).await? {
            Some(member) if member.role == *role => return Ok(()),
            Some(member) => {
                let what = format!("`{}` is in `{group}` as {} already", seat.who, member.role);
                let hint = "remove them there, and ask again: nobody would know what to restore";
                return Err(ServiceError::lasting("google", what, hint).into());
            }
            None => {}
        }
        let (path, body) = (
            ["admin", "directory", "v1", "groups", group, "members"],
            json!({ "id": seat.who, "role": role }),
        );
        let done = with_pass::<_, Value>(self, |google, pass| {
            google.directory.post("members.insert", &path).json(&body).bearer(pass)
        });
        done.await.map_err(limited)?;
        Ok(())
    }

    async fn remove(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let path = ["admin", "directory", "v1", "groups", &seat.place.group, "members", seat.who];
        let done = with_pass::<_, Value>(self, |google, pass| {
            google.directory.call(reqwest::Method::DELETE, "members.delete", &path).bearer(pass)
        });
        match done.await.map_err(limited) {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_not_found() => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

/// Google also answers 403 where it is asked too much.
/// Source: <https://developers.google.com/workspace/admin/directory/v1/limits>.
fn limited(mut refusal: Refusal) -> Refusal {
    let reason = refusal.body.pointer("/error/errors/0/reason").and_then(Value::as_str);
    if matches!(reason, Some("rateLimitExceeded" | "userRateLimitExceeded" | "quotaExceeded")) {
        refusal.error.retryable = true;
        refusal.error.hint = Some("it is asked too much: it is tried again".to_owned());
    }
    refusal
}
