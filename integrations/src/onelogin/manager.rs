//! Who is whose manager: `manager_user_id` of a user.
//! Source: <https://developers.onelogin.com/api-docs/2/users/get-user>.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::model::{Integration, User};
use serde::Deserialize;

use super::{Listed, OneLogin};
use crate::managers::{self, Managers};
use crate::pass::with_pass;
use crate::person::Person;
use crate::systems::service_error;

#[derive(Debug, Deserialize)]
struct Account {
    #[serde(flatten)]
    listed: Listed,
    manager_user_id: Option<u64>,
}

impl OneLogin {
    /// A user by their id; `None` if there is none.
    async fn account(&self, id: &str) -> Result<Option<Account>, ServiceError> {
        let path = ["api", "2", "users", id];
        let found =
            with_pass::<_, Account>(self, |it, pass| it.api.get("get-user", &path).bearer(pass));
        match found.await {
            Ok(answer) => Ok(Some(answer.body)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

#[async_trait]
impl Managers for OneLogin {
    async fn manager(
        &self,
        integration: &Integration,
        of: &User,
    ) -> Result<Option<Person>, ServiceError> {
        let id = match (of.identity(&integration.kind, &integration.external_id), of.email()) {
            (Some(id), _) => Some(id.to_owned()),
            (None, Some(mail)) => {
                let found = self.by_mail(mail).await;
                let found = found.map_err(|error| service_error("onelogin", &error))?;
                found.map(|it| it.id.to_string())
            }
            (None, None) => None,
        };
        let Some(id) = id else { return Ok(None) };
        let Some(account) = self.account(&id).await? else { return Ok(None) };
        let Some(manager) = account.manager_user_id else { return Ok(None) };
        let found = self.account(&manager.to_string()).await?;
        let Some(Account { listed, .. }) = found else {
            let who = of.email().unwrap_or(&id);
            let field = "`manager_user_id` of the user";
            return Err(managers::nobody("onelogin", who, &manager.to_string(), field));
        };
        let is_active = listed.is_active();
        Ok(Some(Person::employee(listed.id.to_string(), listed.email, is_active)))
    }
}
