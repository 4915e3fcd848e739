//! Aptible: who has which role of an organization.
//!
//! Source: the requests of Aptible's own dashboard (<https://github.com/aptible/app-ui>) and of its Ruby
//! client (<https://github.com/aptible/aptible-auth-ruby>); the Auth API has no published reference.

#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use countersign::context::{Secret, ServiceError};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Target, User};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::Api;
use crate::membership::{ByMembership, Membership, Seat};
use crate::pass::{Kept, Passes, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// `aptible_role`: a user of Aptible has a role.
pub(crate) const ROLE: StrategyKind = StrategyKind {
    kind: "aptible_role",
    integration: "aptible",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let aptible = Aptible::open(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(aptible)))
    },
};

/// An organization at Aptible; the integration's `external_id` is its id. An identity is a user's id.
#[derive(Debug)]
struct Aptible {
    api: Api,
    secrets: Secrets,
    organization: String,
    username: String,
    password: SecretRef,
    kept: Kept,
}

/// A role, by its id.
#[derive(Debug, Serialize)]
struct Role {
    role_id: String,
}

#[derive(Debug, Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

#[derive(Debug, Deserialize)]
struct Embedded<T> {
    #[serde(rename = "_embedded")]
    embedded: T,
}

#[derive(Debug, Deserialize)]
struct Users {
    users: Vec<Account>,
}

#[derive(Debug, Deserialize)]
struct Account {
    id: String,
    email: String,
}

#[derive(Debug, Deserialize)]
struct Memberships {
    memberships: Vec<Held>,
}

#[derive(Debug, Deserialize)]
struct Held {
    id: String,
    #[serde(rename = "_links")]
    links: Links,
}

#[derive(Debug, Deserialize)]
struct Links {
    user: Link,
}

#[derive(Debug, Deserialize)]
struct Link {
    href: String,
}

impl Aptible {
    fn open(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration).only(&["username", "password", "url"])?;
        Ok(Self {
            api: Api::new(
                "aptible",
                settings.optional("url")?.unwrap_or("https://auth.aptible.com"),
            )?,
            secrets: secrets.clone(),
            organization: integration.external_id.clone(),
            username: settings.text("username")?.to_owned(),
            password: settings.secret("password")?,
            kept: Kept::default(),
        })
    }

    /// The memberships that somebody has in a role.
    async fn memberships(&self, seat: &Seat<'_, Role>) -> Result<Vec<String>, HandlerError> {
        let path = ["roles", &seat.place.role_id, "memberships"];
        let found = with_pass::<_, Embedded<Memberships>>(self, |it, pass| {
            it.api.get("memberships", &path).bearer(pass)
        });
        let found = found.await.map_err(|refusal| {
            if refusal.is_not_found() {
                let what = format!("there is no role `{}`", seat.place.role_id);
                ServiceError::lasting("aptible", what, "look at the target's `role_id`")
            } else {
                refusal.into()
            }
        })?;
        let is_theirs = |it: &Held| it.links.user.href.rsplit('/').next() == Some(seat.who);
        let theirs = found.body.embedded.memberships.into_iter().filter(is_theirs);
        Ok(theirs.map(|it| it.id).collect())
    }
}

#[async_trait]
impl Passes for Aptible {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let asked =
            self.api.with_secret::<Given>(&self.secrets, &self.password, |api, password| {
                let form = [
                    ("grant_type", "password"),
                    ("username", self.username.as_str()),
                    ("password", password.expose()),
                    ("scope", "manage"),
                ];
                api.post("tokens", &["tokens"]).form(&form).idempotent()
            });
        let given = asked.await?.body;
        Ok((Secret::new(given.access_token), Duration::from_secs(given.expires_in)))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[async_trait]
impl Membership for Aptible {
    type Place = Role;

    const SESSIONS: &'static str = "nothing new can be done; tunnels and SSH sessions that are open stay until they are closed";

    fn place(&self, target: &Target) -> Result<Role, HandlerError> {
        let settings = Reader::target(target).only(&["role_id"])?;
        Ok(Role { role_id: settings.text("role_id")?.to_owned() })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let path = ["organizations", &self.organization, "users"];
        let found = with_pass::<_, Embedded<Users>>(self, |it, pass| {
            it.api.get("users", &path).bearer(pass)
        });
        let all = found.await?.body.embedded.users;
        let mut theirs = all.into_iter().filter(|it| it.email.eq_ignore_ascii_case(mail));
        match (theirs.next(), theirs.next()) {
            (None, _) => Ok(None),
            (Some(one), None) => Ok(Some(one.id)),
            (Some(one), Some(other)) => {
                let what = format!(
                    "the users `{}` and `{}` both have the address `{mail}`",
                    one.id, other.id
                );
                Err(HandlerError::new("Identity:AMBIGUOUS", what)
                    .with_hint("write the id of the right one into the person's identities")
                    .final_())
            }
        }
    }

    async fn has(&self, seat: &Seat<'_, Role>) -> Result<bool, HandlerError> {
        Ok(!self.memberships(seat).await?.is_empty())
    }

    async fn add(&self, seat: &Seat<'_, Role>) -> Result<(), HandlerError> {
        if self.has(seat).await? {
            return Ok(());
        }
        let path = ["roles", &seat.place.role_id, "memberships"];
        let body = json!({ "user_url": self.api.address(&["users", seat.who]) });
        let done = with_pass::<_, Value>(self, |it, pass| {
            it.api.post("create membership", &path).json(&body).bearer(pass)
        });
        done.await?;
        Ok(())
    }

    async fn remove(&self, seat: &Seat<'_, Role>) -> Result<(), HandlerError> {
        for id in self.memberships(seat).await? {
            let path = ["memberships", &id];
            let done = with_pass::<_, Value>(self, |it, pass| {
                it.api.call(Method::DELETE, "delete membership", &path).bearer(pass)
            });
            match done.await {
                Ok(_) => {}
                Err(refusal) if refusal.is_not_found() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(())
    }
}
