//! Membership in a group of IAM users.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use serde::Serialize;

use super::super::trouble::{failed, is_missing};
use super::Users;
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::{Right, StrategyKind};

/// `aws_iam_group`: a user of an AWS account is in a group of it.
pub(crate) const IAM_GROUP: StrategyKind = StrategyKind {
    kind: "aws_iam_group",
    integration: "aws",
    rights: &[Right {
        actions: &[
            "iam:AddUserToGroup",
            "iam:GetUser",
            "iam:ListGroupsForUser",
            "iam:ListUserTags",
            "iam:ListUsers",
            "iam:RemoveUserFromGroup",
            "sts:AssumeRole",
        ],
    }],
    scopes: &[],
    open: |setup, secrets| {
        let users = Users::open(&setup.integration, &setup.settings, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Groups(users))))
    },
};

#[derive(Debug)]
struct Groups(Users);

/// A group, by its name.
#[derive(Debug, Serialize)]
struct Group {
    group: String,
}

#[async_trait]
impl Membership for Groups {
    type Place = Group;

    const SESSIONS: &'static str = "AWS looks at the group at each call, so access ends within seconds; roles that were assumed through it last until they expire";

    fn place(&self, target: &Target) -> Result<Group, HandlerError> {
        let settings = Reader::target(target).only(&["group"])?;
        Ok(Group { group: settings.text("group")?.to_owned() })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.0.find(user).await
    }

    async fn has(&self, seat: &Seat<'_, Group>) -> Result<bool, HandlerError> {
        let client = self.0.client(seat.run).await?;
        let name = self.0.name(seat.who)?;
        let mut groups =
            client.list_groups_for_user().user_name(name).into_paginator().items().send();
        while let Some(group) = groups.next().await {
            match group {
                Ok(group) if group.group_name == seat.place.group => return Ok(true),
                Ok(_) => {}
                // Their user was deleted.
                Err(error) if is_missing(&error) => return Ok(false),
                Err(error) => return Err(failed("iam:ListGroupsForUser", &error).into()),
            }
        }
        Ok(false)
    }

    async fn add(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let (client, group) = (self.0.client(seat.run).await?, &seat.place.group);
        let name = self.0.name(seat.who)?;
        match client.add_user_to_group().group_name(group).user_name(name).send().await {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Err(ServiceError::lasting(
                "aws",
                format!(
                    "iam:AddUserToGroup: the account has no group `{group}` or no user `{name}`"
                ),
                "look at the target's `group`, and whether the person's user was deleted",
            )
            .into()),
            Err(error) => Err(failed("iam:AddUserToGroup", &error).into()),
        }
    }

    async fn remove(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let (client, group) = (self.0.client(seat.run).await?, &seat.place.group);
        let name = self.0.name(seat.who)?;
        match client.remove_user_from_group().group_name(group).user_name(name).send().await {
            Ok(_) => Ok(()),
            // The user, the group or the membership is gone: so is the access, if nobody sees it.
            Err(error) if is_missing(&error) && !self.has(seat).await? => Ok(()),
            Err(error) => Err(failed("iam:RemoveUserFromGroup", &error).into()),
        }
    }
}
