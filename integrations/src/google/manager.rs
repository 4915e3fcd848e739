//! Who is whose manager: the relation of the type `manager`, which holds a mail address.
//! Source: `relations` in <https://developers.google.com/workspace/admin/directory/reference/rest/v1/users>.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::model::{Integration, User};

use super::Google;
use crate::managers::{self, Managers};
use crate::person::Person;

const FIELD: &str = "the relation `manager` of the account, by mail address";

#[async_trait]
impl Managers for Google {
    async fn manager(
        &self,
        integration: &Integration,
        of: &User,
    ) -> Result<Option<Person>, ServiceError> {
        let known = of.identity(&integration.kind, &integration.external_id).or(of.email());
        let Some(known) = known else { return Ok(None) };
        let Some(account) = self.account(known).await? else { return Ok(None) };
        let relations = account.relations.iter().filter(|it| it.kind == "manager");
        let mut names: Vec<_> = relations.map(|it| it.value.trim()).collect();
        names.retain(|name| !name.is_empty());
        names.dedup_by(|one, other| one.eq_ignore_ascii_case(other));
        let name = match names[..] {
            [] => return Ok(None),
            [name] => name,
            _ => {
                let what = format!(
                    "several managers of {} are written: {}",
                    account.primary_email,
                    names.join(", ")
                );
                return Err(ServiceError::lasting("google", what, format!("leave one as {FIELD}")));
            }
        };
        // What is no address names nobody: it would be looked for as an id.
        let manager = if name.contains('@') { self.account(name).await? } else { None };
        let manager = manager
            .ok_or_else(|| managers::nobody("google", &account.primary_email, name, FIELD))?;
        let is_active = !manager.suspended;
        Ok(Some(Person::employee(manager.id, Some(manager.primary_email), is_active)))
    }
}
