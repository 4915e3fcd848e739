//! GitHub, as a flow sees it.

use crate::approvers::People;
use crate::context::{Context, ServiceError};
use crate::model::User;

/// GitHub, as a flow sees it.
#[derive(Debug, Clone, Copy)]
pub struct GitHub<'a>(&'a Context);

impl<'a> GitHub<'a> {
    pub(in crate::context) const fn new(cx: &'a Context) -> Self {
        Self(cx)
    }

    /// The collaborators of a repository, `organization/name`, who have exactly this role: `read`,
    /// `triage`, `write`, `maintain`, `admin` or one of the organization's own. Whoever's mail address
    /// GitHub does not know, and whose identity is not stored, is not among them.
    ///
    /// # Errors
    ///
    /// If GitHub cannot be asked, or has no such repository.
    pub async fn collaborators(
        &self,
        repository: &str,
        role: &str,
    ) -> Result<Vec<User>, ServiceError> {
        let (repository, role) = (repository.to_owned(), role.to_owned());
        self.0.services().members(&People::GitHubCollaborators { repository, role }).await
    }
}
