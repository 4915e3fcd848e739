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
    /// What it may do in AWS, for the role of the function that carries it out. Most need nothing.
    pub rights: &'static [Right],
    /// Opens one with its settings.
    pub open: Open,
}

/// Actions of AWS that a strategy needs. On which resources, whoever deploys it says.
#[derive(Debug, Clone, Copy)]
pub struct Right {
    /// Each action, such as `iam:AddUserToGroup`.
    pub actions: &'static [&'static str],
}

/// Opens a strategy with its settings. What is wrong with them is an error, and the program does not
/// start.
pub type Open = fn(&Setup, &Secrets) -> Result<Arc<dyn Strategy>, HandlerError>;

/// All of them. To add a system's, add a line.
#[must_use]
pub const fn strategies() -> &'static [StrategyKind] {
    STRATEGIES
}

const STRATEGIES: &[StrategyKind] = &[
    crate::aptible::ROLE,
    crate::boundary::GROUP,
    crate::github::REPOSITORY,
    crate::github::TEAM,
    crate::google::GROUP,
    crate::onelogin::ROLE,
    crate::tailscale::GROUP,
    #[cfg(feature = "aws-iam")]
    crate::aws::IAM_GROUP,
    #[cfg(feature = "aws-identity-center")]
    crate::aws::IDENTITY_CENTER,
    #[cfg(feature = "aws-identity-center")]
    crate::aws::IDENTITY_CENTER_GROUP,
    #[cfg(feature = "aws-lambda")]
    crate::aws::LAMBDA,
    #[cfg(feature = "aws-s3")]
    crate::aws::S3,
    StrategyKind {
        kind: crate::okta::OktaGroup::TYPE,
        integration: "okta",
        rights: &[],
        open: |setup, secrets| Ok(Arc::new(crate::okta::OktaGroup::open(setup, secrets)?)),
    },
];
