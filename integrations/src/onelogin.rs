//! OneLogin: roles, and who administers them.
//!
//! Source: <https://developers.onelogin.com/api-docs/2/roles/overview> and
//! <https://developers.onelogin.com/api-docs/2/oauth20-tokens/generate-tokens-2>.

mod manager;
#[cfg(test)]
mod tests;

use std::time::Duration;

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use countersign::context::{Secret, ServiceError};
use countersign::flow::HandlerError;
use countersign::model::{Integration, Target, User};
use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::Api;
use crate::membership::{ByMembership, Membership, Seat};
use crate::pass::{Kept, Passes, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// So many pages of a list are read.
const MOST_PAGES: u32 = 50;

/// `onelogin_role`: a user of OneLogin has a role, or administers it.
pub(crate) const ROLE: StrategyKind = StrategyKind {
    kind: "onelogin_role",
    integration: "onelogin",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let onelogin = OneLogin::opened(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(onelogin)))
    },
};

/// An account at OneLogin; the integration's `external_id` is its host, `acme.onelogin.com`. An
/// identity is a user's id.
#[derive(Debug)]
pub struct OneLogin {
    api: Api,
    secrets: Secrets,
    client_id: String,
    client_secret: SecretRef,
    kept: Kept,
}

/// A role, and whether as its member or its administrator.
#[derive(Debug, Serialize)]
pub(crate) struct Role {
    role_id: String,
    privilege: &'static str,
}

#[derive(Debug, Deserialize)]
struct Given {
    access_token: String,
    expires_in: u64,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: u64,
    #[serde(default)]
    email: Option<String>,
    /// 1: active. Source: the user resource.
    #[serde(default)]
    status: Option<u8>,
}

impl Listed {
    fn is_active(&self) -> bool {
        self.status == Some(1)
    }
}

impl OneLogin {
    /// The account of an integration; `None` if it has no `client_secret`, so that nobody is called.
    ///
    /// # Errors
    ///
    /// If its settings are wrong.
    pub fn open(
        integration: &Integration,
        secrets: &Secrets,
    ) -> Result<Option<Self>, ServiceError> {
        if !integration.settings.contains_key("client_secret") {
            return Ok(None);
        }
        let opened = Self::opened(integration, secrets).map(Some);
        opened.map_err(|error| crate::systems::service_error("onelogin", &error))
    }

    fn opened(integration: &Integration, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings =
            Reader::integration(integration).only(&["client_id", "client_secret", "url"])?;
        let own = format!("https://{}", integration.external_id);
        Ok(Self {
            api: Api::new("onelogin", settings.optional("url")?.unwrap_or(&own))?,
            secrets: secrets.clone(),
            client_id: settings.text("client_id")?.to_owned(),
            client_secret: settings.secret("client_secret")?,
            kept: Kept::default(),
        })
    }

    /// All pages of a list; `None` if there is no such list.
    async fn list(
        &self,
        name: &'static str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Option<Vec<Listed>>, HandlerError> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MOST_PAGES {
            let mut query = [query, &[("limit", "500")]].concat();
            if !cursor.is_empty() {
                query.push(("cursor", &cursor));
            }
            let page = with_pass::<_, Vec<Listed>>(self, |it, pass| {
                it.api.get(name, path).query(&query).bearer(pass)
            });
            let page = match page.await {
                Ok(page) => page,
                Err(refusal) if refusal.is_not_found() => return Ok(None),
                Err(refusal) => return Err(refusal.into()),
            };
            all.extend(page.body);
            let next = page
                .headers
                .get("after-cursor")
                .and_then(|it| it.to_str().ok())
                .unwrap_or_default();
            if next.is_empty() {
                return Ok(Some(all));
            }
            next.clone_into(&mut cursor);
        }
        Err(ServiceError::lasting(
            "onelogin",
            format!("{name}: there are more than {} items", all.len()),
            "use a smaller role",
        )
        .into())
    }

    /// The user with this address; `None` if there is none.
    async fn by_mail(&self, mail: &str) -> Result<Option<Listed>, HandlerError> {
        let found = self.list("list-users", &["api", "2", "users"], &[("email", mail)]).await?;
        // An address may hold a `*`, which OneLogin takes for any text.
        let is_theirs =
            |it: &Listed| it.email.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(mail));
        let mut found = found.unwrap_or_default().into_iter().filter(is_theirs);
        match (found.next(), found.count()) {
            (one, 0) => Ok(one),
            (_, others) => Err(HandlerError::new(
                "Identity:AMBIGUOUS",
                format!("{} users have the address `{mail}`", others.saturating_add(1)),
            )
            .with_hint("write the id of the right one into the person's identities")
            .final_()),
        }
    }

    /// Whether the account itself is there, as whoever finds something missing has to know.
    async fn is_there(&self) -> Result<(), HandlerError> {
        let path = ["api", "2", "roles"];
        let roles = with_pass::<_, Vec<IgnoredAny>>(self, |it, pass| {
            it.api.get("list-roles", &path).query(&[("limit", "1")]).bearer(pass)
        });
        Ok(roles.await.map(drop)?)
    }

    fn path(place: &Role) -> [&str; 5] {
        let list = if place.privilege == "admin" { "admins" } else { "users" };
        ["api", "2", "roles", &place.role_id, list]
    }

    async fn change(
        &self,
        method: Method,
        name: &'static str,
        seat: &Seat<'_, Role>,
    ) -> Result<Result<(), crate::Refusal>, HandlerError> {
        let id: u64 = seat.who.parse().map_err(|_| {
            HandlerError::new(
                "Identity:WRONG",
                format!("`{}` is no id of a user at OneLogin", seat.who),
            )
            .with_hint("correct the person's identity in this integration")
            .final_()
        })?;
        let (path, body) = (Self::path(seat.place), json!([id]));
        let done = with_pass::<_, Value>(self, |it, pass| {
            it.api.call(method.clone(), name, &path).json(&body).bearer(pass)
        });
        Ok(done.await.map(drop))
    }
}

#[async_trait]
impl Passes for OneLogin {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let body = json!({ "grant_type": "client_credentials" });
        let path = ["auth", "oauth2", "v2", "token"];
        let asked =
            self.api.with_secret::<Given>(&self.secrets, &self.client_secret, |api, secret| {
                let pair = STANDARD.encode(format!("{}:{}", self.client_id, secret.expose()));
                api.post("token", &path)
                    .json(&body)
                    .header("authorization", &format!("Basic {pair}"))
                    .idempotent()
            });
        let given = asked.await?.body;
        Ok((Secret::new(given.access_token), Duration::from_secs(given.expires_in)))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[async_trait]
impl Membership for OneLogin {
    type Place = Role;

    const SESSIONS: &'static str = "no application of the role can be opened any more; what is open there stays until it is closed";

    fn place(&self, target: &Target) -> Result<Role, HandlerError> {
        let settings = Reader::target(target).only(&["role_id", "privilege"])?;
        let privilege = settings.word("privilege", &["member", "admin"])?;
        Ok(Role { role_id: settings.text("role_id")?.to_owned(), privilege })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        match self.by_mail(mail).await? {
            Some(one) if !one.is_active() => {
                let what = format!("the user `{}` of {mail} is not active", one.id);
                Err(ServiceError::lasting("onelogin", what, "activate the user, and ask again")
                    .into())
            }
            found => Ok(found.map(|one| one.id.to_string())),
        }
    }

    async fn has(&self, seat: &Seat<'_, Role>) -> Result<bool, HandlerError> {
        match self.list("get-role-users", &Self::path(seat.place), &[]).await? {
            Some(all) => Ok(all.iter().any(|it| it.id.to_string() == seat.who)),
            // Nobody has a role that is gone; but it is not only the role if nothing else is there.
            None => self.is_there().await.map(|()| false),
        }
    }

    async fn add(&self, seat: &Seat<'_, Role>) -> Result<(), HandlerError> {
        match self.change(Method::POST, "add-role-users", seat).await? {
            Ok(()) => Ok(()),
            Err(refusal) if refusal.is_not_found() => Err(no_role(&seat.place.role_id).into()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    async fn remove(&self, seat: &Seat<'_, Role>) -> Result<(), HandlerError> {
        match self.change(Method::DELETE, "remove-role-users", seat).await? {
            Ok(()) => Ok(()),
            // The role or the user is gone, or was never in it: it is looked at.
            Err(refusal) if refusal.is_not_found() => {
                if self.has(seat).await? {
                    Err(refusal.into())
                } else {
                    Ok(())
                }
            }
            Err(refusal) => Err(refusal.into()),
        }
    }
}

fn no_role(id: &str) -> ServiceError {
    ServiceError::lasting(
        "onelogin",
        format!("there is no role `{id}`, or no such user"),
        "look at the target's `role_id`",
    )
}
