//! A permission set in an account. AWS makes and ends such assignments in the background: each change
//! is a request whose status is asked for until it has one.

use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, PrincipalType, StatusValues, TargetType,
};
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant;

use super::Instance;
use super::accounts::is_number;
use crate::aws::trouble::{failed, is_conflict, is_missing, is_throttled, wrong_shape};
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::{Right, StrategyKind};

/// `aws_identity_center`: a user of IAM Identity Center has a permission set in an account.
pub(crate) const IDENTITY_CENTER: StrategyKind = StrategyKind {
    kind: "aws_identity_center",
    integration: "aws_identity_center",
    rights: &[Right {
        actions: &[
            "identitystore:DescribeUser",
            "identitystore:GetUserId",
            "organizations:ListAccounts",
            "sso:CreateAccountAssignment",
            "sso:DeleteAccountAssignment",
            "sso:DescribeAccountAssignmentCreationStatus",
            "sso:DescribeAccountAssignmentDeletionStatus",
            "sso:DescribeInstance",
            "sso:ListAccountAssignments",
            "sts:AssumeRole",
        ],
    }],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let instance = Instance::open(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Assignments { instance, patience: PATIENT })))
    },
};

/// A strategy's call has 20 seconds; what AWS has not done by then is found when it is repeated.
const PATIENT: Patience = Patience {
    first: Duration::from_millis(250),
    longest: Duration::from_secs(2),
    all: Duration::from_secs(15),
};

/// How long is waited for AWS.
#[derive(Debug, Clone, Copy)]
pub(in crate::aws) struct Patience {
    /// The first pause; each later one is twice as long.
    pub(in crate::aws) first: Duration,
    /// The longest pause.
    pub(in crate::aws) longest: Duration,
    /// All of them.
    pub(in crate::aws) all: Duration,
}

#[derive(Debug)]
pub(in crate::aws) struct Assignments {
    pub(in crate::aws) instance: Instance,
    pub(in crate::aws) patience: Patience,
}

/// A permission set in an account.
#[derive(Debug, Serialize)]
pub(in crate::aws) struct Assigned {
    /// Its number; until it is looked up, its name.
    account: String,
    /// What the target calls it, where that is no number.
    #[serde(skip_serializing_if = "Option::is_none")]
    account_name: Option<String>,
    permission_set_arn: String,
}

/// Which way an assignment is changed.
#[derive(Debug, Clone, Copy)]
enum Way {
    Create,
    Delete,
}

/// Waits, longer each time, and not for ever.
struct Pauses {
    next: Duration,
    longest: Duration,
    until: Instant,
}

impl Pauses {
    fn new(patience: Patience) -> Self {
        let until = Instant::now() + patience.all;
        Self { next: patience.first, longest: patience.longest, until }
    }

    /// Whether there is still time, after a pause.
    async fn pause(&mut self) -> bool {
        if Instant::now() + self.next > self.until {
            return false;
        }
        tokio::time::sleep(self.next).await;
        self.next = self.next.saturating_mul(2).min(self.longest);
        true
    }
}

#[async_trait]
impl Membership for Assignments {
    type Place = Assigned;

    const SESSIONS: &'static str = "no new session can be begun; sessions that are open in the account last until they expire, at most the permission set's session duration";

    fn place(&self, target: &Target) -> Result<Assigned, HandlerError> {
        let settings = Reader::target(target).only(&["account", "permission_set_arn"])?;
        let account = settings.text("account")?.to_owned();
        if !is_number(&account) && account.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(settings
                .wrong(&format!("has the account `{account}`: write its 12 digits, or its name")));
        }
        Ok(Assigned {
            account_name: (!is_number(&account)).then(|| account.clone()),
            account,
            permission_set_arn: settings.text("permission_set_arn")?.to_owned(),
        })
    }

    async fn settled(
        &self,
        place: Assigned,
        given: Option<&Value>,
        run: &str,
    ) -> Result<Assigned, HandlerError> {
        let Some(name) = &place.account_name else { return Ok(place) };
        let then = |field: &str| given.and_then(|given| given.get(field)).and_then(Value::as_str);
        let number = then("account").filter(|number| is_number(number));
        let account = match number.filter(|_| then("account_name") == Some(name)) {
            Some(number) => number.to_owned(),
            None => self.instance.account_called(name, run).await?,
        };
        Ok(Assigned { account, ..place })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.instance.find(user).await
    }

    /// Only what is assigned to the person: what they have through a group is not given and not taken
    /// away here.
    async fn has(&self, seat: &Seat<'_, Assigned>) -> Result<bool, HandlerError> {
        self.is_assigned(&self.client(seat).await?, seat).await
    }

    async fn add(&self, seat: &Seat<'_, Assigned>) -> Result<(), HandlerError> {
        self.change(Way::Create, seat).await
    }

    async fn remove(&self, seat: &Seat<'_, Assigned>) -> Result<(), HandlerError> {
        self.change(Way::Delete, seat).await
    }
}

impl Assignments {
    async fn client(&self, seat: &Seat<'_, Assigned>) -> Result<Client, HandlerError> {
        Ok(Client::new(&self.instance.account.enter(seat.run).await?))
    }

    async fn is_assigned(
        &self,
        client: &Client,
        seat: &Seat<'_, Assigned>,
    ) -> Result<bool, HandlerError> {
        let mut pages = client
            .list_account_assignments()
            .instance_arn(&self.instance.arn)
            .account_id(&seat.place.account)
            .permission_set_arn(&seat.place.permission_set_arn)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                // The account or the permission set is gone, and nobody has it, if the instance is not.
                Err(error) if is_missing(&error) => {
                    let instance =
                        client.describe_instance().instance_arn(&self.instance.arn).send();
                    instance.await.map_err(|error| failed("sso:DescribeInstance", &error))?;
                    return Ok(false);
                }
                Err(error) => return Err(failed("sso:ListAccountAssignments", &error).into()),
            };
            let is_theirs = |it: &aws_sdk_ssoadmin::types::AccountAssignment| {
                it.principal_type() == Some(&PrincipalType::User)
                    && it.principal_id() == Some(seat.who)
            };
            if page.account_assignments().iter().any(is_theirs) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn change(&self, way: Way, seat: &Seat<'_, Assigned>) -> Result<(), HandlerError> {
        let client = self.client(seat).await?;
        let mut pauses = Pauses::new(self.patience);
        let Some(begun) = self.begun(&client, way, seat, &mut pauses).await? else {
            // There is nothing to end, says AWS: the list is asked, and believed.
            return if self.is_assigned(&client, seat).await? {
                Err(ServiceError::passing(
                    "aws",
                    "sso:DeleteAccountAssignment finds no assignment, and it is listed",
                )
                .into())
            } else {
                Ok(())
            };
        };
        self.ended(&client, way, begun, seat, &mut pauses).await
    }

    /// Has AWS begin; `None` if there is nothing to delete. While another change of the same
    /// assignment is under way, AWS refuses, and is asked again.
    async fn begun(
        &self,
        client: &Client,
        way: Way,
        seat: &Seat<'_, Assigned>,
        pauses: &mut Pauses,
    ) -> Result<Option<AccountAssignmentOperationStatus>, HandlerError> {
        let Assigned { account, permission_set_arn, account_name: _ } = seat.place;
        loop {
            let (error, is_busy, is_gone) = match way {
                Way::Create => {
                    let asked = client
                        .create_account_assignment()
                        .instance_arn(&self.instance.arn)
                        .target_id(account)
                        .target_type(TargetType::AwsAccount)
                        .permission_set_arn(permission_set_arn)
                        .principal_type(PrincipalType::User)
                        .principal_id(seat.who)
                        .send()
                        .await;
                    match asked {
                        Ok(answer) => {
                            return status(way, answer.account_assignment_creation_status)
                                .map(Some);
                        }
                        Err(error) => {
                            let is_busy = is_conflict(&error) || is_throttled(&error);
                            (failed("sso:CreateAccountAssignment", &error), is_busy, false)
                        }
                    }
                }
                Way::Delete => {
                    let asked = client
                        .delete_account_assignment()
                        .instance_arn(&self.instance.arn)
                        .target_id(account)
                        .target_type(TargetType::AwsAccount)
                        .permission_set_arn(permission_set_arn)
                        .principal_type(PrincipalType::User)
                        .principal_id(seat.who)
                        .send()
                        .await;
                    match asked {
                        Ok(answer) => {
                            return status(way, answer.account_assignment_deletion_status)
                                .map(Some);
                        }
                        Err(error) => {
                            let is_busy = is_conflict(&error) || is_throttled(&error);
                            let is_gone = is_missing(&error);
                            (failed("sso:DeleteAccountAssignment", &error), is_busy, is_gone)
                        }
                    }
                }
            };
            if is_gone {
                return Ok(None);
            }
            if !is_busy || !pauses.pause().await {
                return Err(error.into());
            }
        }
    }

    /// Asks how a change stands until it has ended.
    async fn ended(
        &self,
        client: &Client,
        way: Way,
        mut now: AccountAssignmentOperationStatus,
        seat: &Seat<'_, Assigned>,
        pauses: &mut Pauses,
    ) -> Result<(), HandlerError> {
        let request = now.request_id.clone();
        let request = request.ok_or_else(|| wrong_shape(way.action(), "it has no `RequestId`"))?;
        loop {
            match now.status() {
                Some(StatusValues::Succeeded) => return Ok(()),
                Some(StatusValues::InProgress) => {}
                Some(StatusValues::Failed) => {
                    // What is to be gone and is gone was not to be deleted.
                    if matches!(way, Way::Delete) && !self.is_assigned(client, seat).await? {
                        return Ok(());
                    }
                    let why = now.failure_reason().unwrap_or("it does not say why");
                    let what = format!("{} failed afterwards: {why}", way.action());
                    return Err(ServiceError::passing("aws", what).into());
                }
                other => {
                    let what = format!("its `Status` is {other:?}");
                    return Err(wrong_shape(way.action(), &what).into());
                }
            }
            if !pauses.pause().await {
                let what = format!("{} is still under way as {request}", way.action());
                return Err(ServiceError::passing("aws", what).into());
            }
            now = match self.status_of(client, way, &request).await {
                Ok(now) => now,
                Err(error) if error.retryable => continue,
                Err(error) => return Err(error.into()),
            };
        }
    }

    async fn status_of(
        &self,
        client: &Client,
        way: Way,
        request: &str,
    ) -> Result<AccountAssignmentOperationStatus, ServiceError> {
        let arn = &self.instance.arn;
        let found = match way {
            Way::Create => {
                let asked = client
                    .describe_account_assignment_creation_status()
                    .instance_arn(arn)
                    .account_assignment_creation_request_id(request)
                    .send()
                    .await;
                let error = |error| failed("sso:DescribeAccountAssignmentCreationStatus", &error);
                asked.map_err(error)?.account_assignment_creation_status
            }
            Way::Delete => {
                let asked = client
                    .describe_account_assignment_deletion_status()
                    .instance_arn(arn)
                    .account_assignment_deletion_request_id(request)
                    .send()
                    .await;
                let error = |error| failed("sso:DescribeAccountAssignmentDeletionStatus", &error);
                asked.map_err(error)?.account_assignment_deletion_status
            }
        };
        found.ok_or_else(|| wrong_shape(way.action(), "its status is missing"))
    }
}

impl Way {
    const fn action(self) -> &'static str {
        match self {
            Self::Create => "sso:CreateAccountAssignment",
            Self::Delete => "sso:DeleteAccountAssignment",
        }
    }
}

fn status(
    way: Way,
    found: Option<AccountAssignmentOperationStatus>,
) -> Result<AccountAssignmentOperationStatus, HandlerError> {
    found.ok_or_else(|| wrong_shape(way.action(), "its status is missing").into())
}
