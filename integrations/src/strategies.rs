//! The strategies of the systems here: how access in each is given and taken away.

use std::sync::Arc;

use countersign::flow::HandlerError;
use countersign::strategy::{Setup, Strategy};

use crate::secret::Secrets;

/// A type of strategies that every program has.
#[derive(Debug, Clone, Copy)]
pub struct StrategyKind {
    /// What the settings call it: `type = "okta_group"`.
    pub kind: &'static str,
    /// The type of the integration that it gives access in; the settings have to name one of it.
    pub integration: &'static str,
    /// Opens one with its settings.
    pub open: Open,
}

/// Opens a strategy with its settings. What is wrong with them is an error, and the program does not
/// start.
pub type Open = fn(&Setup, &Secrets) -> Result<Arc<dyn Strategy>, HandlerError>;

/// All of them. To add a system's, add a line.
#[must_use]
pub const fn strategies() -> &'static [StrategyKind] {
    STRATEGIES
}

const STRATEGIES: &[StrategyKind] = &[StrategyKind {
    kind: crate::okta::OktaGroup::TYPE,
    integration: "okta",
    open: |setup, secrets| Ok(Arc::new(crate::okta::OktaGroup::open(setup, secrets)?)),
}];
