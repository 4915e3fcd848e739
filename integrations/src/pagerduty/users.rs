//! The people of an account.

use countersign::context::ServiceError;
use serde::Deserialize;

use super::client::PagerDuty;
use crate::Person;

/// A user at `PagerDuty`.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Account {
    pub(super) id: String,
    name: String,
    email: String,
}

impl Account {
    /// `PagerDuty` deletes who leaves: whoever is there is in use.
    pub(super) fn person(self) -> Person {
        Person {
            id: self.id,
            email: Some(self.email),
            name: Some(self.name),
            is_active: true,
            is_guest: false,
            is_outsider: false,
            is_bot: false,
            manager: None,
        }
    }
}

impl PagerDuty {
    /// The user with exactly this mail address; `None` if there is none.
    ///
    /// # Errors
    ///
    /// If several have it, or `PagerDuty` cannot be asked.
    pub async fn user_by_mail(&self, mail: &str) -> Result<Option<Person>, ServiceError> {
        let found: Vec<Account> = self.list("listUsers", "users", &[("query", mail)]).await?;
        let is_it = |account: &Account| account.email.eq_ignore_ascii_case(mail);
        let mut found = found.into_iter().filter(is_it);
        match (found.next(), found.next()) {
            (found, None) => Ok(found.map(Account::person)),
            (one, Some(other)) => {
                let first = one.map(|one| one.id).unwrap_or_default();
                let what = format!("several users have the address {mail}: {first}, {}", other.id);
                let hint = "store the right id under the user's identities";
                Err(ServiceError::lasting("pagerduty", what, hint))
            }
        }
    }
}
