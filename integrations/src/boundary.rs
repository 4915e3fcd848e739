//! HashiCorp Boundary: membership in groups, and who is a principal of a role.
//!
//! Source: <https://developer.hashicorp.com/boundary/api-docs/group-service>, `-role-service` and
//! `-user-service`, as in the Go client (<https://github.com/hashicorp/boundary>, `api/groups`,
//! `api/roles`). Each change names the version of what it changes; where somebody else was quicker, it is read and changed again.

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
use crate::membership::{ByMembership, Membership, Seat};
use crate::pass::{Kept, Passes, with_pass};
use crate::secret::{SecretRef, Secrets};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// So often a change is tried whose version is not the group's any more.
const TRIES: u32 = 4;

/// So many pages of users are read.
const MOST_PAGES: u32 = 50;

/// `boundary_group`: a user of Boundary is in a group.
pub(crate) const GROUP: StrategyKind = StrategyKind {
    kind: "boundary_group",
    integration: "boundary",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let boundary = Boundary::open(&setup.integration, secrets, &GROUPS)?;
        Ok(std::sync::Arc::new(ByMembership(boundary)))
    },
};

/// `boundary_role`: a user of Boundary is a principal of a role.
pub(crate) const ROLE: StrategyKind = StrategyKind {
    kind: "boundary_role",
    integration: "boundary",
    rights: &[],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let boundary = Boundary::open(&setup.integration, secrets, &ROLES)?;
        Ok(std::sync::Arc::new(ByMembership(boundary)))
    },
};

/// What Boundary calls one sort of sets of users.
#[derive(Debug)]
struct Sort {
    /// What one is.
    noun: &'static str,
    /// The setting of a target that names one by its id.
    setting: &'static str,
    path: &'static str,
    read: &'static str,
    add: &'static str,
    remove: &'static str,
    /// Who is in one, in what is sent and answered.
    ids: &'static str,
}

const GROUPS: Sort = Sort {
    noun: "group",
    setting: "group_id",
    path: "groups",
    read: "groups read",
    add: "add-members",
    remove: "remove-members",
    ids: "member_ids",
};

const ROLES: Sort = Sort {
    noun: "role",
    setting: "role_id",
    path: "roles",
    read: "roles read",
    add: "add-principals",
    remove: "remove-principals",
    ids: "principal_ids",
};

/// A cluster; the integration's `external_id` is its address. An identity is a user's id, `u_..`.
#[derive(Debug)]
struct Boundary {
    api: Api,
    secrets: Secrets,
    auth_method: String,
    login_name: String,
    password: SecretRef,
    scope: String,
    kept: Kept,
    /// What its users are in.
    sort: &'static Sort,
}

/// A group or a role, by its id.
#[derive(Debug, Serialize)]
struct Set {
    id: String,
}

#[derive(Debug, Deserialize)]
struct Given {
    attributes: Token,
}

#[derive(Debug, Deserialize)]
struct Token {
    token: String,
    expiration_time: Timestamp,
}

#[derive(Debug, Deserialize)]
struct Read {
    version: u64,
    #[serde(default)]
    member_ids: Vec<String>,
    #[serde(default)]
    principal_ids: Vec<String>,
}

impl Read {
    /// Whether somebody is in it: a group has members only, a role principals.
    fn has(&self, who: &str) -> bool {
        self.member_ids.iter().chain(&self.principal_ids).any(|it| it == who)
    }
}

#[derive(Debug, Deserialize)]
struct Listed {
    #[serde(default)]
    items: Vec<Account>,
    /// `delta` while there is more.
    #[serde(default)]
    response_type: Option<String>,
    #[serde(default)]
    list_token: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Account {
    id: String,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    login_name: Option<String>,
}

impl Boundary {
    fn open(
        integration: &Integration,
        secrets: &Secrets,
        sort: &'static Sort,
    ) -> Result<Self, HandlerError> {
        let settings = Reader::integration(integration);
        let settings =
            settings.only(&["auth_method_id", "login_name", "password", "scope_id", "url"])?;
        Ok(Self {
            api: Api::new(
                "boundary",
                settings.optional("url")?.unwrap_or(&integration.external_id),
            )?,
            secrets: secrets.clone(),
            auth_method: settings.text("auth_method_id")?.to_owned(),
            login_name: settings.text("login_name")?.to_owned(),
            password: settings.secret("password")?,
            scope: settings.optional("scope_id")?.unwrap_or("global").to_owned(),
            kept: Kept::default(),
            sort,
        })
    }

    async fn set(&self, id: &str) -> Result<Option<Read>, HandlerError> {
        let path = ["v1", self.sort.path, id];
        let found = with_pass(self, |it, pass| it.api.get(self.sort.read, &path).bearer(pass));
        match found.await {
            Ok(answer) => Ok(Some(answer.body)),
            // Said by Boundary, and not by whatever else answers at its address. Ids are not used again.
            Err(refusal) if refusal.is_not_found() && is_said_by_boundary(&refusal) => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Adds or removes somebody, unless it is so already.
    async fn change(&self, is_member: bool, seat: &Seat<'_, Set>) -> Result<(), HandlerError> {
        let id = &seat.place.id;
        let action = if is_member { self.sort.add } else { self.sort.remove };
        let last = format!("{id}:{action}");
        let mut tries = TRIES;
        loop {
            let Some(found) = self.set(id).await? else {
                // Nobody is in one that is gone.
                return if is_member { Err(self.no_set(id).into()) } else { Ok(()) };
            };
            if found.has(seat.who) == is_member {
                return Ok(());
            }
            let path = ["v1", self.sort.path, last.as_str()];
            let body = json!({ "version": found.version, self.sort.ids: [seat.who] });
            let done = with_pass::<_, Value>(self, |it, pass| {
                it.api.post(action, &path).json(&body).bearer(pass)
            });
            let Err(refusal) = done.await else { return Ok(()) };
            tries = tries.saturating_sub(1);
            let now = self.set(id).await?;
            let was_quicker = now.is_some_and(|now| now.version != found.version);
            let is_refused =
                refusal.status.is_some_and(|status| matches!(status.as_u16(), 400 | 409));
            if tries == 0 || !was_quicker || !is_refused {
                return Err(refusal.into());
            }
        }
    }
}

impl Boundary {
    fn no_set(&self, id: &str) -> ServiceError {
        let Sort { noun, setting, .. } = self.sort;
        let hint = format!("look at the target's `{setting}`");
        ServiceError::lasting("boundary", format!("there is no {noun} `{id}`"), hint)
    }
}

#[async_trait]
impl Passes for Boundary {
    async fn ask(&self) -> Result<(Secret, Duration), ServiceError> {
        let last = format!("{}:authenticate", self.auth_method);
        let path = ["v1", "auth-methods", last.as_str()];
        let asked =
            self.api.with_secret::<Given>(&self.secrets, &self.password, |api, password| {
                let attributes =
                    json!({ "login_name": self.login_name, "password": password.expose() });
                let body = json!({ "command": "login", "type": "token", "attributes": attributes });
                api.post("authenticate", &path).json(&body).idempotent()
            });
        let given = asked.await?.body.attributes;
        let life = given.expiration_time.duration_since(Timestamp::now());
        Ok((Secret::new(given.token), Duration::try_from(life).unwrap_or_default()))
    }

    fn kept(&self) -> &Kept {
        &self.kept
    }
}

#[async_trait]
impl Membership for Boundary {
    type Place = Set;

    const SESSIONS: &'static str = "no new session can be begun; sessions that are open last until they are closed or reach their longest time";

    fn place(&self, target: &Target) -> Result<Set, HandlerError> {
        let settings = Reader::target(target).only(&[self.sort.setting])?;
        Ok(Set { id: settings.text(self.sort.setting)?.to_owned() })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let mut theirs = Vec::new();
        let mut token = String::new();
        let path = ["v1", "users"];
        for _ in 0..MOST_PAGES {
            let mut query = vec![("scope_id", self.scope.as_str()), ("recursive", "true")];
            if !token.is_empty() {
                query.push(("list_token", &token));
            }
            let page = with_pass::<_, Listed>(self, |it, pass| {
                it.api.get("users list", &path).query(&query).bearer(pass)
            });
            let page = page.await?.body;
            let is_theirs = |it: &Account| {
                [&it.email, &it.login_name]
                    .into_iter()
                    .flatten()
                    .any(|it| it.eq_ignore_ascii_case(mail))
            };
            theirs.extend(page.items.into_iter().filter(is_theirs).map(|it| it.id));
            match (page.response_type.as_deref(), page.list_token) {
                (Some("delta"), Some(next)) if !next.is_empty() => token = next,
                _ => {
                    theirs.sort();
                    theirs.dedup();
                    return match &theirs[..] {
                        [] => Ok(None),
                        [one] => Ok(Some(one.clone())),
                        [..] => {
                            let what =
                                format!("the users {} all belong to `{mail}`", theirs.join(", "));
                            Err(HandlerError::new("Identity:AMBIGUOUS", what)
                                .with_hint(
                                    "write the id of the right one into the person's identities",
                                )
                                .final_())
                        }
                    };
                }
            }
        }
        Err(ServiceError::lasting(
            "boundary",
            "there are too many users to look through",
            "write the id of the person's user into their identities",
        )
        .into())
    }

    async fn has(&self, seat: &Seat<'_, Set>) -> Result<bool, HandlerError> {
        // Nobody is in one that is gone.
        let found = self.set(&seat.place.id).await?;
        Ok(found.is_some_and(|found| found.has(seat.who)))
    }

    async fn add(&self, seat: &Seat<'_, Set>) -> Result<(), HandlerError> {
        self.change(true, seat).await
    }

    async fn remove(&self, seat: &Seat<'_, Set>) -> Result<(), HandlerError> {
        self.change(false, seat).await
    }
}

fn is_said_by_boundary(refusal: &Refusal) -> bool {
    refusal.body.get("kind").is_some_and(|kind| kind == "NotFound")
}
