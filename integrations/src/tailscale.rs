//! Tailscale: membership in a group of the tailnet's policy file.
//!
//! Source: <https://tailscale.com/api#tag/policyfile>, and Tailscale's Go client
//! (<https://github.com/tailscale/tailscale-client-go>, `v2/policyfile.go`, `v2/users.go`, `v2/oauth.go`). The file is
//! changed where the group's members stand and nowhere else, so that its comments stay; `If-Match` sees
//! to it that nobody else's change is lost.

mod policy;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Target, User};
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::membership::{ByMembership, Membership, Seat};
use crate::pass::{Kept, Passes, text_with_pass, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// A token is read anew after five minutes: passes are not used in their last one.
const TOKEN_KEPT: Duration = Duration::from_mins(6);

/// So often a change is tried where somebody else was quicker.
const TRIES: u32 = 5;

/// `tailscale_group`: a user of a tailnet is in a group of its policy file.
pub(crate) const GROUP: StrategyKind = StrategyKind {
    kind: "tailscale_group",
    integration: "tailscale",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let tailnet = Tailnet::open(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(tailnet)))
    },
};

/// A tailnet; the integration's `external_id` is its name. An identity is a login name.
#[derive(Debug)]
struct Tailnet {
    api: Api,
    secrets: Secrets,
    name: String,
    key: Key,
    kept: Kept,
}

/// What shows who we are.
#[derive(Debug)]
enum Key {
    /// An API access token, which somebody made and which ends after 90 days at most.
    Token(SecretRef),
    /// An OAuth client, which is given a token for an hour at a time.
    Client { id: String, secret: SecretRef },
}

#[derive(Debug, Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

/// A group, with its `group:`.
#[derive(Debug, Serialize)]
struct Group {
    group: String,
}

#[derive(Debug, Deserialize)]
struct Users {
    users: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    login_name: String,
    #[serde(rename = "type")]
    kind: String,
    status: String,
}

impl Tailnet {
    fn open(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration);
        let settings = settings.only(&["token", "client_id", "client_secret", "url"])?;
        let key = match (settings.optional_secret("token")?, settings.optional("client_id")?) {
            (Some(token), None) => Key::Token(token),
            (None, Some(id)) => {
                Key::Client { id: id.to_owned(), secret: settings.secret("client_secret")? }
            }
            (Some(_), Some(_)) => {
                return Err(
                    settings.wrong("has both a `token` and a `client_id`: write one of them")
                );
            }
            (None, None) => {
                let what = "has neither a `client_id` with its `client_secret` nor a `token`";
                return Err(settings.wrong(what));
            }
        };
        Ok(Self {
            api: Api::new(
                "tailscale",
                settings.optional("url")?.unwrap_or("https://api.tailscale.com"),
            )?,
            secrets: secrets.clone(),
            name: integration.external_id.clone(),
            key,
            kept: Kept::default(),
        })
    }

    /// The policy file as it is written, and its tag.
    async fn policy(&self) -> Result<(String, String), HandlerError> {
        let path = ["api", "v2", "tailnet", &self.name, "acl"];
        let answer = text_with_pass(self, |it, pass| {
            let call = it.api.get("get policy file", &path);
            call.header("accept", "application/hujson").bearer(pass)
        });
        let answer = answer.await?;
        let tag = answer.headers.get("etag").and_then(|it| it.to_str().ok());
        let tag = tag.ok_or_else(|| self.api.wrong_shape("get policy file", "it has no `ETag`"))?;
        Ok((answer.body, tag.to_owned()))
    }

    /// The login name of a member of the tailnet, as it is written there; `None` if there is none.
    async fn member(&self, name: &str) -> Result<Option<String>, HandlerError> {
        let path = ["api", "v2", "tailnet", &self.name, "users"];
        let found =
            with_pass::<_, Users>(self, |it, pass| it.api.get("list users", &path).bearer(pass));
        let all = found.await?.body.users;
        let theirs = all
            .into_iter()
            .find(|it| it.login_name.eq_ignore_ascii_case(name) && it.kind == "member");
        match theirs {
            None => Ok(None),
            Some(it) if matches!(it.status.as_str(), "active" | "idle") => Ok(Some(it.login_name)),
            Some(it) => {
                let what = format!("the user `{}` is {}", it.login_name, it.status);
                Err(ServiceError::lasting(
                    "tailscale",
                    what,
                    "restore or approve the user, and ask again",
                )
                .into())
            }
        }
    }

    async fn change(&self, is_member: bool, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let group = &seat.place.group;
        for _ in 0..TRIES {
            let (text, tag) = self.policy().await?;
            let changed = match policy::with(&text, group, seat.who, is_member) {
                Ok(changed) => changed,
                // Nobody is in a group that is gone; in one that is only called otherwise they may be.
                Err(policy::Unfit::NoGroup) if !is_member && !policy::names(&text, seat.who) => {
                    return Ok(());
                }
                Err(unfit) => return Err(unfit.into_error(group).into()),
            };
            let Some(changed) = changed else { return Ok(()) };
            let path = ["api", "v2", "tailnet", &self.name, "acl"];
            let done = text_with_pass(self, |it, pass| {
                let call =
                    it.api.post("set policy file", &path).bearer(pass).header("if-match", &tag);
                call.header("accept", "application/hujson")
                    .text("application/hujson", changed.clone())
            });
            match done.await {
                Ok(_) => return Ok(()),
                // Somebody else changed it meanwhile.
                Err(refusal) if refusal.status.is_some_and(|status| status.as_u16() == 412) => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Err(ServiceError::passing(
            "tailscale",
            "the policy file is changed all the time by somebody else",
        )
        .into())
    }
}

#[async_trait]
impl Passes for Tailnet {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let (id, secret) = match &self.key {
            Key::Token(token) => return Ok((self.secrets.read_again(token).await?, TOKEN_KEPT)),
            Key::Client { id, secret } => (id, secret),
        };
        let path = ["api", "v2", "oauth", "token"];
        let asked = self.api.with_secret::<Given>(&self.secrets, secret, |api, secret| {
            let form = [
                ("grant_type", "client_credentials"),
                ("client_id", id.as_str()),
                ("client_secret", secret.expose()),
            ];
            api.post("oauth token", &path).form(&form).idempotent()
        });
        let given = asked.await.map_err(|mut refusal| {
            if refusal.status.is_some_and(|status| status.is_client_error()) {
                refusal.error.hint = Some(
                    "look at `client_id` and `client_secret`, and give the OAuth client the scopes `policy_file` and `users:read`".to_owned(),
                );
            }
            refusal
        })?;
        Ok((Secret::new(given.body.access_token), Duration::from_secs(given.body.expires_in)))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[async_trait]
impl Membership for Tailnet {
    type Place = Group;

    const SESSIONS: &'static str = "connections that only the group allowed are cut when their devices get the new policy, within seconds while they are online";

    fn place(&self, target: &Target) -> Result<Group, HandlerError> {
        let settings = Reader::target(target).only(&["group"])?;
        let group = settings.text("group")?;
        Ok(Group {
            group: if group.starts_with("group:") {
                group.to_owned()
            } else {
                format!("group:{group}")
            },
        })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        match user.email() {
            Some(mail) => self.member(mail).await,
            None => Ok(None),
        }
    }

    async fn has(&self, seat: &Seat<'_, Group>) -> Result<bool, HandlerError> {
        let (text, _) = self.policy().await?;
        match policy::has(&text, &seat.place.group, seat.who) {
            Ok(found) => Ok(found),
            Err(policy::Unfit::NoGroup) if !policy::names(&text, seat.who) => Ok(false),
            Err(unfit) => Err(unfit.into_error(&seat.place.group).into()),
        }
    }

    async fn add(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        // The file takes any name, also of somebody who was deleted, and who may be invited again.
        if self.member(seat.who).await?.is_none() {
            let what = format!("list users: the tailnet has no user `{}`", seat.who);
            let hint = "invite them again, or correct the person's identity in this integration";
            return Err(ServiceError::lasting("tailscale", what, hint).into());
        }
        self.change(true, seat).await
    }

    async fn remove(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        self.change(false, seat).await
    }
}
