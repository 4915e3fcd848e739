//! Who is whose manager, as the directories of a company know it.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::model::{Integration, User};

use crate::person::Person;

/// A directory of a company that knows who is whose manager.
#[async_trait]
pub trait Managers: std::fmt::Debug + Send + Sync {
    /// The manager of a user, who is there by the identity that is stored, or else by their mail address;
    /// `None` where they are not, or where no manager is written.
    ///
    /// # Errors
    ///
    /// If it cannot be asked, if nobody is there who is written as the manager, or if it cannot tell which
    /// of several is meant.
    async fn manager(
        &self,
        integration: &Integration,
        of: &User,
    ) -> Result<Option<Person>, ServiceError>;
}

/// Who is written as somebody's manager and is not there.
pub(crate) fn nobody(system: &str, of: &str, manager: &str, field: &str) -> ServiceError {
    ServiceError::lasting(
        system,
        format!("the manager of {of} is `{manager}`, and nobody is called so"),
        format!("write who it is into {field}"),
    )
}
