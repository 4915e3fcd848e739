//! What other systems say of somebody now: whether they have left, and what they are in.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use countersign::context::ServiceError;
use countersign::model::{Identity, Integration, Role, User, UserId};
use countersign_integrations::okta::Okta;
use tokio::time::Instant;

use super::{LocalDirectory, systems};

/// Within one decision, somebody stays what they are.
const KEPT: Duration = Duration::from_secs(3);

/// What other systems say of somebody.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// Why they are taken for gone, if they are: what they hold is taken away.
    pub(super) left: Option<String>,
    /// Whether they may not decide or be given anything for now.
    is_barred: bool,
    /// Whether they are a guest there.
    is_guest: bool,
    groups: Vec<String>,
    identities: Vec<Identity>,
}

/// What was found out a moment ago.
#[derive(Debug, Default)]
pub(super) struct Standings(Mutex<BTreeMap<UserId, (Instant, Standing)>>);

impl Standings {
    fn get(&self, id: &UserId) -> Option<Standing> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).filter(|(at, _)| at.elapsed() < KEPT).map(|(_, standing)| standing.clone())
    }

    fn put(&self, id: &UserId, standing: Standing) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, (at, _)| at.elapsed() < KEPT);
        all.insert(id.clone(), (Instant::now(), standing));
    }
}

impl LocalDirectory {
    /// What is known of somebody, with what other systems say now.
    pub(super) async fn known_now(&self, id: &UserId) -> Result<User, ServiceError> {
        let mut user = self.known(id).await?;
        if id.is_bot() {
            return Ok(user);
        }
        let standing = self.standing(&user).await?;
        user.deactivated |= standing.left.is_some() || standing.is_barred;
        if standing.is_guest && user.role == Role::Member {
            user.role = Role::Guest;
        }
        let groups = standing.groups.into_iter().filter(|group| !user.groups.contains(group));
        let groups: Vec<_> = groups.collect();
        user.groups.extend(groups);
        let known = |new: &Identity| user.identity(&new.kind, &new.external_id).is_none();
        let identities: Vec<_> = standing.identities.into_iter().filter(known).collect();
        user.identities.extend(identities);
        Ok(user)
    }

    /// What other systems say of a user: Okta, or else Slack.
    ///
    /// # Errors
    ///
    /// If one cannot be asked, or several accounts have their address.
    pub(super) async fn standing(&self, user: &User) -> Result<Standing, ServiceError> {
        if let Some(standing) = self.standings.get(&user.id) {
            return Ok(standing);
        }
        let mut standing = Standing::default();
        let mut is_known = false;
        for (integration, okta) in systems::real(&self.systems.okta)? {
            is_known |= at_okta(&mut standing, user, integration, okta).await?;
        }
        if !is_known {
            self.in_slack(&mut standing, user).await?;
        }
        self.standings.put(&user.id, standing.clone());
        Ok(standing)
    }

    /// Slack is asked about whoever is known there by name, where no directory of the company says
    /// more.
    async fn in_slack(&self, standing: &mut Standing, user: &User) -> Result<(), ServiceError> {
        for (integration, slack) in systems::real(&self.systems.slack)? {
            let Integration { kind, external_id, .. } = integration;
            let Some(id) = user.identity(kind, external_id) else { continue };
            match slack.user_by_id(id).await? {
                None => {
                    let why = format!("Slack `{external_id}` knows `{id}` no more");
                    standing.left.get_or_insert(why);
                }
                Some(person) if !person.is_active => {
                    let why = format!("`{id}` is deactivated in Slack `{external_id}`");
                    standing.left.get_or_insert(why);
                }
                Some(person) => standing.is_guest |= person.is_guest || person.is_outsider,
            }
        }
        Ok(())
    }
}

/// Whether somebody is known there; what is known is added.
async fn at_okta(
    standing: &mut Standing,
    user: &User,
    integration: &Integration,
    okta: &Okta,
) -> Result<bool, ServiceError> {
    let Integration { kind, external_id, .. } = integration;
    let Some(account) = okta.account_of(integration, user).await? else {
        // An account that nobody ever had says nothing; one that is gone does.
        if let Some(id) = user.identity(kind, external_id) {
            let why = format!("the account `{id}` at Okta `{external_id}` was deleted");
            standing.left.get_or_insert(why);
        }
        return Ok(false);
    };
    let status = account.status;
    if status.has_left() {
        let why = format!("Okta `{external_id}` says {}", status.as_str());
        standing.left.get_or_insert(why);
    }
    standing.is_barred |= !status.is_active();
    if !status.has_left() {
        let groups = okta.groups_of(&account.id).await?;
        standing.groups.extend(groups.into_iter().map(|group| group.profile.name));
    }
    standing.identities.push(Identity {
        kind: kind.clone(),
        external_id: external_id.clone(),
        value: account.id,
    });
    Ok(true)
}
