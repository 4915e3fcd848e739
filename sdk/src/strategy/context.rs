//! What a strategy may do, and how it finds out what the requester is called in its system.

use async_trait::async_trait;

use super::Strategy;
use crate::context::Context;
use crate::flow::{Call, Entry, HandlerError, IdentityQuery};
use crate::model::{Event, Identity, Integration, Step, User};

/// The identities that are known.
#[async_trait]
pub trait IdentityStore: Send + Sync {
    /// What the user is called in this integration, if that is stored.
    ///
    /// # Errors
    ///
    /// If the store cannot be read.
    async fn stored(
        &self,
        user: &User,
        kind: &str,
        external_id: &str,
    ) -> Result<Option<String>, HandlerError>;

    /// Stores what the user is called. It is an error if somebody else is called so.
    ///
    /// # Errors
    ///
    /// If it belongs to somebody else, or cannot be written.
    async fn persist(&self, user: &User, identity: Identity) -> Result<(), HandlerError>;

    /// Notes what the user is called, before anything is done under that name: access is taken
    /// away under the name that it was given under, whatever the user is called by then.
    ///
    /// # Errors
    ///
    /// If it cannot be written. Nothing is given then.
    async fn used(&self, value: &str) -> Result<(), HandlerError> {
        let _ = value;
        Ok(())
    }
}

/// Nobody knows what the requester is called in an integration.
#[derive(Debug, Clone, thiserror::Error)]
#[error("nobody knows what {user} is called in the integration `{integration}`")]
pub struct IdentityNotFound {
    /// Whose name was looked for.
    pub user: String,
    /// In which integration.
    pub integration: String,
    /// Its `external_id`.
    pub external_id: String,
}

impl IdentityNotFound {
    /// As a handler's error, with its code and how to mend it.
    #[must_use]
    pub fn into_handler_error(self) -> HandlerError {
        HandlerError::new("Identity:NOT_FOUND", self.to_string())
            .with_hint("store it under the user's identities, write `get_identity` in the flow, or let the strategy fetch it")
            .final_()
    }
}

/// What a strategy is given with each call.
pub struct StrategyContext<'a> {
    pub(crate) cx: &'a Context,
    pub(crate) event: &'a Event,
    pub(crate) strategy: &'a dyn Strategy,
    pub(crate) integration: &'a Integration,
    pub(crate) identities: &'a dyn IdentityStore,
    pub(crate) get_identity: Option<&'a Entry<Option<String>, IdentityQuery>>,
}

impl std::fmt::Debug for StrategyContext<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StrategyContext")
            .field("integration", &self.integration.srn)
            .finish_non_exhaustive()
    }
}

impl StrategyContext<'_> {
    /// The integration that the strategy belongs to.
    #[must_use]
    pub const fn integration(&self) -> &Integration {
        self.integration
    }

    /// The flow's context: secrets and the other systems.
    #[must_use]
    pub const fn cx(&self) -> &Context {
        self.cx
    }

    /// What the requester is called in the strategy's integration:
    ///
    /// 1. the requester is whoever made the request;
    /// 2. what is stored for them and this integration, if anything is;
    /// 3. else what the flow's `get_identity` says, if it says something: that is stored;
    /// 4. else what the strategy's `fetch_remote_identity` finds: that is stored;
    /// 5. else it is [`IdentityNotFound`].
    ///
    /// # Errors
    ///
    /// If the identity is not found, belongs to somebody else, or cannot be looked up.
    pub async fn get_requester_identity(&self) -> Result<String, HandlerError> {
        let value = self.find_identity().await?;
        self.identities.used(&value).await?;
        Ok(value)
    }

    async fn find_identity(&self) -> Result<String, HandlerError> {
        let user = self.event.run().actor(Step::Request).unwrap_or_else(|| self.event.requester());
        let Integration { kind, external_id, name, .. } = self.integration;
        if let Some(value) = self.identities.stored(user, kind, external_id).await? {
            return Ok(value);
        }
        let value = match self.said_by_flow(user).await? {
            Some(value) => Some(value),
            None => self.strategy.fetch_remote_identity(user).await?,
        };
        let Some(value) = value.filter(|value| !value.is_empty()) else {
            let (integration, external_id) = (name.clone(), external_id.clone());
            let user = user.id.to_string();
            return Err(IdentityNotFound { user, integration, external_id }.into_handler_error());
        };
        let identity =
            Identity { kind: kind.clone(), external_id: external_id.clone(), value: value.clone() };
        self.identities.persist(user, identity).await?;
        Ok(value)
    }

    async fn said_by_flow(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(entry) = self.get_identity else { return Ok(None) };
        let Integration { kind, external_id, name, .. } = self.integration.clone();
        let query = IdentityQuery { user: user.clone(), kind, external_id, name };
        (entry.run)(Call::new(self.cx, &query)).await
    }
}
