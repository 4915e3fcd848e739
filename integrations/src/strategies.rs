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
    /// What it needs in its own system, as that one writes it, where it says what it has granted: `doctor`
    /// looks for it. A permission at GitHub is written `members:write`.
    pub scopes: &'static [&'static str],
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
    crate::boundary::ROLE,
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
        scopes: &["okta.groups.manage", "okta.users.read"],
        open: |setup, secrets| Ok(Arc::new(crate::okta::OktaGroup::open(setup, secrets)?)),
    },
];

#[cfg(test)]
mod tests {
    use super::strategies;

    /// Which test runs the kit on a strategy, and where that stands.
    const KITS: &[(&str, &str, &str)] = &[
        ("aptible_role", "a_role_at_aptible_keeps_the_contract", include_str!("aptible/tests.rs")),
        (
            "boundary_group",
            "membership_in_a_group_of_boundary_keeps_the_contract",
            include_str!("boundary/tests.rs"),
        ),
        (
            "boundary_role",
            "a_principal_of_a_role_of_boundary_keeps_the_contract",
            include_str!("boundary/tests.rs"),
        ),
        ("github_repository", "a_collaborator_keeps_the_contract", include_str!("github/tests.rs")),
        ("github_team", "a_member_of_a_team_keeps_the_contract", include_str!("github/tests.rs")),
        (
            "google_group",
            "membership_in_a_google_group_keeps_the_contract",
            include_str!("google/tests.rs"),
        ),
        (
            "onelogin_role",
            "a_role_and_its_administration_keep_the_contract",
            include_str!("onelogin/tests.rs"),
        ),
        (
            "tailscale_group",
            "membership_in_a_group_of_the_policy_file_keeps_the_contract",
            include_str!("tailscale/tests.rs"),
        ),
        (
            "aws_iam_group",
            "membership_in_a_group_of_iam_keeps_the_contract",
            include_str!("aws/tests.rs"),
        ),
        (
            "aws_identity_center",
            "a_permission_set_in_an_account_keeps_the_contract",
            include_str!("aws/tests.rs"),
        ),
        (
            "aws_identity_center_group",
            "membership_in_a_group_of_identity_center_keeps_the_contract",
            include_str!("aws/tests.rs"),
        ),
        (
            "aws_lambda",
            "a_function_of_one_s_own_that_keeps_the_contract_keeps_it_through_us",
            include_str!("aws/tests.rs"),
        ),
        ("aws_s3", "a_policy_on_a_user_keeps_the_contract", include_str!("aws/tests.rs")),
        ("okta_group", "a_group_at_okta_keeps_the_contract", include_str!("okta/tests/access.rs")),
    ];

    #[test]
    fn every_strategy_is_run_through_the_kit() {
        for strategy in strategies() {
            let kind = strategy.kind;
            let Some((_, test, file)) = KITS.iter().find(|(known, ..)| *known == kind) else {
                panic!("`{kind}` has no run of the kit: write one, and name it here");
            };
            let (_, rest) = file.split_once(&format!("async fn {test}()")).unwrap();
            let (body, _) = rest.split_once("\n}\n").unwrap();
            let runs = body.contains("StrategyKit::new") && body.contains(".run()");
            assert!(runs, "`{test}` runs no kit");
        }
    }
}
