//! KnowBe4, as a flow sees it.

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::call::Reach;
use crate::context::{Context, ServiceError};
use crate::model::User;

/// KnowBe4, as a flow sees it: which trainings somebody has done.
#[derive(Debug, Clone, Copy)]
pub struct KnowBe4<'a>(Reach<'a>);

/// A training that somebody is to do, or has done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrollment {
    /// What the training is called.
    pub module: String,
    /// The campaign that it belongs to.
    #[serde(default)]
    pub campaign: Option<String>,
    /// Its state in KnowBe4's words, such as `Passed` or `Past Due`.
    pub status: String,
    /// When it was completed, as RFC 3339.
    #[serde(default)]
    pub completed: Option<String>,
}

impl Enrollment {
    /// Whether it is done: completed, and not failed.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.completed.is_some() && matches!(self.status.as_str(), "Passed" | "Completed")
    }
}

impl<'a> KnowBe4<'a> {
    pub(in crate::context) const fn new(cx: &'a Context) -> Self {
        Self(Reach::new(cx, "knowbe4"))
    }

    /// That of the integration of this name, where there are several.
    #[must_use]
    pub const fn of(self, integration: &'a str) -> Self {
        Self(self.0.of(integration))
    }

    /// All trainings of somebody; none if KnowBe4 does not know them.
    ///
    /// # Errors
    ///
    /// If KnowBe4 cannot be asked, or knows two people by this mail address.
    pub async fn enrollments(&self, user: &User) -> Result<Vec<Enrollment>, ServiceError> {
        let Some(mail) = user.email() else { return Ok(Vec::new()) };
        self.0.ask("enrollments", json!({ "email": mail })).await
    }

    /// Whether somebody has done the training of this name.
    ///
    /// # Errors
    ///
    /// If KnowBe4 cannot be asked.
    pub async fn has_done(&self, user: &User, module: &str) -> Result<bool, ServiceError> {
        let all = self.enrollments(user).await?;
        Ok(all.iter().any(|it| it.module == module && it.is_done()))
    }
}
