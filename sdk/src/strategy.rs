//! How a kind of target is granted and revoked.

mod approval_only;
mod context;
mod directory_group;

use async_trait::async_trait;
use serde_json::Value;

use crate::flow::HandlerError;
use crate::model::{Event, Target, User};

pub use approval_only::ApprovalOnly;
pub use context::{IdentityNotFound, IdentityStore, StrategyContext};
pub use directory_group::{DirectoryGroup, Groups};

/// How a kind of target is granted and revoked.
///
/// The contract: both ways may be repeated, for the same user and target, any number of times,
/// also after a crash in between, and late. Failure is an error and nothing else; an unknown
/// outcome is an error too. The user's name in the other system comes from
/// [`StrategyContext::get_requester_identity`], which cannot be overridden.
/// `testing::StrategyKit` tests anybody's strategy by it.
#[async_trait]
pub trait Strategy: std::fmt::Debug + Send + Sync {
    /// Whether its calls are sure never to block their thread, so that they need none of their own.
    /// A strategy of yours need not say so: it saves a fraction of a millisecond.
    fn never_blocks(&self) -> bool {
        false
    }

    /// Gives access. Giving it again to somebody who has it is no error.
    ///
    /// What it returns is kept, as JSON, for [`deescalate`](Self::deescalate) and for the flow's
    /// functions, where `event.run().step_output(Step::Escalate)` reads it.
    ///
    /// # Errors
    ///
    /// If access was not given, or nobody knows whether it was.
    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError>;

    /// Takes access away. Taking it from somebody who does not have it is no error.
    ///
    /// # Errors
    ///
    /// If access was not taken away, or nobody knows whether it was. It is tried again until it is.
    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError>;

    /// The user's name in the other system, asked there; `None` where it cannot be found out so.
    /// What it finds is stored and not asked again. Not to be called directly.
    ///
    /// # Errors
    ///
    /// If the other system cannot be asked.
    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let _ = user;
        Ok(None)
    }

    /// Whether the requester has access now; `None` where the strategy cannot look.
    ///
    /// # Errors
    ///
    /// If the other system cannot be asked.
    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        let _ = (target, event, cx);
        Ok(None)
    }

    /// Whether ending access also ends what is open at that moment, in words for the approver;
    /// `None` where that is unknown.
    fn ends_sessions(&self) -> Option<&'static str> {
        None
    }
}

/// A strategy of one's own, as `main!` registers it: what the settings call its type, and how it
/// is opened.
///
/// ```
/// # use countersign::prelude::*;
/// # use countersign::strategy::{Setup, Strategy, StrategyContext, StrategyType};
/// # use countersign::{async_trait, model::Target};
/// /// Doors.
/// #[derive(Debug)]
/// struct Badge;
///
/// impl StrategyType for Badge {
///     const TYPE: &'static str = "badge";
///
///     fn open(_: &Setup) -> Result<Self> {
///         Ok(Self)
///     }
/// }
///
/// #[async_trait]
/// impl Strategy for Badge {
///     async fn escalate(&self, _: &Target, _: &Event, cx: &StrategyContext<'_>) -> Result<Option<serde_json::Value>> {
///         let badge = cx.get_requester_identity().await?;
///         Ok(Some(json!({ "badge": badge })))
///     }
///
///     async fn deescalate(&self, _: &Target, event: &Event, _: &StrategyContext<'_>) -> Result<Option<serde_json::Value>> {
///         let _what_escalate_left: Option<serde_json::Value> = event.run().step_output(Step::Escalate)?;
///         Ok(None)
///     }
/// }
/// ```
pub trait StrategyType: Strategy + Sized + 'static {
    /// What the settings call it: `type = "badge"`.
    const TYPE: &'static str;

    /// Opens it with its settings.
    ///
    /// # Errors
    ///
    /// If the settings are not what it needs. The program does not start then.
    fn open(setup: &Setup) -> Result<Self, HandlerError>;
}

/// What a strategy is opened with.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Its integration.
    pub integration: crate::model::Integration,
    /// Its own settings.
    pub settings: crate::model::Object,
}

/// A type of strategies in the list of `main!`.
#[derive(Debug, Clone, Copy)]
pub struct Registered {
    /// What the settings call it.
    pub kind: &'static str,
    /// Opens one.
    pub open: fn(&Setup) -> Result<std::sync::Arc<dyn Strategy>, HandlerError>,
}

impl Registered {
    /// The entry of a type.
    #[must_use]
    pub const fn of<S: StrategyType>() -> Self {
        Self { kind: S::TYPE, open: |setup| Ok(std::sync::Arc::new(S::open(setup)?)) }
    }
}
