//! Accounts: whose they are, and where they stand.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::model::{Integration, User};
use serde::de::IgnoredAny;

use super::client::{NAME_KEPT, Okta};
use super::groups::{is_id, quoted};
use super::shapes::Account;
use crate::api::Refusal;
use crate::managers::{self, Managers};
use crate::person::Person;

const READ: &str = "okta.users.read";

impl Okta {
    /// An account by its id or login, at most seconds old; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If Okta cannot be asked.
    pub async fn account(&self, id_or_login: &str) -> Result<Option<Account>, ServiceError> {
        if let Some(account) = self.kept.person(id_or_login) {
            return Ok(Some(account));
        }
        let account = self.account_now(id_or_login).await?;
        if let Some(account) = &account {
            self.kept.people.put(id_or_login, account.clone());
        }
        Ok(account)
    }

    /// The same, asked for now.
    pub(super) async fn account_now(
        &self,
        id_or_login: &str,
    ) -> Result<Option<Account>, ServiceError> {
        let path = ["api", "v1", "users", id_or_login];
        match self.send(READ, |api| Ok(api.get("getUser", &path))).await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// The account with this mail address, as it is now; `None` if there is none.
    ///
    /// What Okta finds by searching may be some time old, so it only says which account it is.
    /// Of several, the one in use counts.
    ///
    /// # Errors
    ///
    /// If several in use have the address, or Okta cannot be asked.
    pub async fn account_by_mail(&self, mail: &str) -> Result<Option<Account>, ServiceError> {
        let mail = mail.to_lowercase();
        if let Some(id) = self.kept.ids.get(&mail, NAME_KEPT)
            && let Some(account) = self.account(&id).await?
            && has_mail(&account, &mail)
        {
            return Ok(Some(account));
        }
        self.kept.ids.forget(&mail);
        let mut accounts = Vec::new();
        for found in self.found(&mail).await? {
            accounts.extend(self.account(&found.id).await?.filter(|it| has_mail(it, &mail)));
        }
        let account = match accounts.iter().filter(|it| it.status.is_active()).collect::<Vec<_>>()[..]
        {
            [account] => Some(account.clone()),
            [] => accounts.iter().find(|it| !it.status.has_left()).or(accounts.first()).cloned(),
            ref several => return Err(ambiguous(&mail, several)),
        };
        if let Some(account) = &account {
            self.kept.ids.put(&mail, account.id.clone());
        }
        Ok(account)
    }

    async fn found(&self, mail: &str) -> Result<Vec<Account>, ServiceError> {
        let value = quoted(mail);
        let search = format!("profile.email eq {value} or profile.login eq {value}");
        let found = self.list("listUsers", READ, |api| {
            api.get("listUsers", &["api", "v1", "users"]).query(&[("search", &search)])
        });
        let mut found: Vec<Account> = found.await?;
        found.retain(|account| has_mail(account, mail));
        // Who has their login by a mail address may have been found by nothing else.
        found.sort_by(|a, b| a.id.cmp(&b.id));
        found.dedup_by(|a, b| a.id == b.id);
        Ok(found)
    }

    /// The manager of an account, by what its profile says in `manager` or `managerId`: a mail
    /// address, a login or an id. `None` where it says nothing.
    ///
    /// # Errors
    ///
    /// If nobody is called so, or Okta cannot be asked.
    pub async fn manager_of(&self, account: &Account) -> Result<Option<Account>, ServiceError> {
        let said = [&account.profile.manager, &account.profile.manager_id];
        let said: Vec<_> = said.into_iter().flatten().filter(|text| !text.is_empty()).collect();
        for name in &said {
            let mut found = None;
            if name.contains('@') {
                found = self.account_by_mail(name).await?;
            }
            if found.is_none() && (name.contains('@') || is_id(name, "00u")) {
                found = self.account(name).await?;
            }
            if found.is_some() {
                return Ok(found);
            }
        }
        let Some(name) = said.first() else { return Ok(None) };
        let who = account.mail().unwrap_or(&account.id);
        let field = "`manager` or `managerId` of the profile, by mail address or id";
        Err(managers::nobody("okta", who, name, field))
    }

    /// A user's account: by the identity that is stored, or else by their mail address.
    ///
    /// # Errors
    ///
    /// If several have the address, or Okta cannot be asked.
    pub async fn account_of(
        &self,
        integration: &Integration,
        user: &User,
    ) -> Result<Option<Account>, ServiceError> {
        match (user.identity(&integration.kind, &integration.external_id), user.email()) {
            (Some(id), _) => self.account(id).await,
            (None, Some(mail)) => self.account_by_mail(mail).await,
            (None, None) => Ok(None),
        }
    }

    /// Ends all sessions that somebody has at Okta.
    /// Source: `revokeUserSessions` in <https://developer.okta.com/docs/api/>.
    pub(super) async fn end_sessions(&self, user: &str) -> Result<(), Refusal> {
        let path = ["api", "v1", "users", user, "sessions"];
        let delete = self.send::<IgnoredAny>("okta.users.manage", |api| {
            Ok(api.call(reqwest::Method::DELETE, "revokeUserSessions", &path))
        });
        delete.await.map(drop)
    }
}

#[async_trait]
impl Managers for Okta {
    async fn manager(
        &self,
        integration: &Integration,
        of: &User,
    ) -> Result<Option<Person>, ServiceError> {
        let Some(account) = self.account_of(integration, of).await? else { return Ok(None) };
        Ok(self.manager_of(&account).await?.map(|manager| manager.person()))
    }
}

fn has_mail(account: &Account, mail: &str) -> bool {
    account.mail().is_some_and(|its| its.eq_ignore_ascii_case(mail))
}

fn ambiguous(mail: &str, accounts: &[&Account]) -> ServiceError {
    let ids: Vec<_> = accounts.iter().map(|account| account.id.as_str()).collect();
    ServiceError::lasting(
        "okta",
        format!("several accounts in use have the address {mail}: {}", ids.join(", ")),
        "store the right id under the user's identities, or mend the others at Okta",
    )
}
