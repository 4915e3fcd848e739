//! GitHub, as a flow sees it.

use serde_json::{Value, json};

use super::call::Reach;
use crate::context::{Context, ServiceError};
use crate::model::{User, UserId};

/// GitHub, as a flow sees it.
#[derive(Debug, Clone, Copy)]
pub struct GitHub<'a>(Reach<'a>);

impl<'a> GitHub<'a> {
    pub(in crate::context) const fn new(cx: &'a Context) -> Self {
        Self(Reach::new(cx, "github"))
    }

    /// That of the integration of this name, where there are several.
    #[must_use]
    pub const fn of(self, integration: &'a str) -> Self {
        Self(self.0.of(integration))
    }

    /// The collaborators of a repository who have exactly this role: `read`, `triage`, `write`,
    /// `maintain`, `admin` or one of the organization's own. Whoever's mail address GitHub does not know
    /// is not among them.
    ///
    /// # Errors
    ///
    /// If GitHub cannot be asked, or has no such repository.
    pub async fn collaborators(&self, repository: &str, role: &str) -> Result<Vec<User>, ServiceError> {
        let input = json!({ "repository": repository, "role": role });
        let mails: Vec<Value> = self.0.ask("collaborators", input).await?;
        let services = self.0.cx().services();
        let mut users = Vec::new();
        for mail in mails.iter().filter_map(Value::as_str) {
            let id = UserId::of_mail(mail)
                .map_err(|error| ServiceError::lasting("github", error.to_string(), "correct the address there"))?;
            users.extend(services.user(&id).await?);
        }
        Ok(users)
    }
}
