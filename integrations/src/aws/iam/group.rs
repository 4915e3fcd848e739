//! Membership in a group of IAM users.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use serde::Serialize;
use serde_json::Value;

use super::super::trouble::{failed, is_missing, wrong_shape};
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
            "iam:GetGroup",
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
pub(in crate::aws) struct Groups(pub(in crate::aws) Users);

/// A group, by its name, and by the id that it keeps when it is renamed.
#[derive(Debug, Serialize)]
pub(in crate::aws) struct Group {
    group: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
}

#[async_trait]
impl Membership for Groups {
    type Place = Group;

    const SESSIONS: &'static str = "AWS looks at the group at each call, so access ends within seconds; roles that were assumed through it last until they expire";

    fn place(&self, target: &Target) -> Result<Group, HandlerError> {
        let settings = Reader::target(target).only(&["group"])?;
        Ok(Group { group: settings.text("group")?.to_owned(), id: None })
    }

    async fn settled(
        &self,
        place: Group,
        given: Option<&Value>,
        run: &str,
    ) -> Result<Group, HandlerError> {
        let then = |field: &str| given.and_then(|given| given.get(field)).and_then(Value::as_str);
        let id = match then("id").filter(|_| then("group") == Some(&place.group)) {
            Some(id) => Some(id.to_owned()),
            None => self.id(&place.group, run).await?,
        };
        Ok(Group { id, ..place })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.0.find(user).await
    }

    async fn has(&self, seat: &Seat<'_, Group>) -> Result<bool, HandlerError> {
        Ok(!self.held(seat).await?.is_empty())
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
        let taken = client.remove_user_from_group().group_name(group).user_name(name).send().await;
        let Err(error) = taken else { return Ok(()) };
        // The user, the group or the membership is gone: so is the access, if nobody sees it.
        let held = if is_missing(&error) { self.held(seat).await? } else { vec![group.clone()] };
        for renamed in held {
            if renamed == *group {
                return Err(failed("iam:RemoveUserFromGroup", &error).into());
            }
            let taken = client.remove_user_from_group().group_name(renamed).user_name(name);
            taken.send().await.map_err(|error| failed("iam:RemoveUserFromGroup", &error))?;
        }
        Ok(())
    }
}

impl Groups {
    /// The id of the group of this name; `None` if there is none.
    async fn id(&self, group: &str, run: &str) -> Result<Option<String>, HandlerError> {
        let client = self.0.client(run).await?;
        match client.get_group().group_name(group).max_items(1).send().await {
            Ok(answer) => match answer.group {
                Some(group) => Ok(Some(group.group_id)),
                None => Err(wrong_shape("iam:GetGroup", "it has no `Group`").into()),
            },
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("iam:GetGroup", &error).into()),
        }
    }

    /// What the group is called now, if they are in it: a renamed one gives what it gave before.
    async fn held(&self, seat: &Seat<'_, Group>) -> Result<Vec<String>, HandlerError> {
        let client = self.0.client(seat.run).await?;
        let name = self.0.name(seat.who)?;
        let mut groups =
            client.list_groups_for_user().user_name(name).into_paginator().items().send();
        let Group { group, id } = seat.place;
        let mut held = Vec::new();
        while let Some(found) = groups.next().await {
            match found {
                Ok(found) if found.group_name == *group || Some(&found.group_id) == id.as_ref() => {
                    held.push(found.group_name);
                }
                Ok(_) => {}
                // Their user was deleted.
                Err(error) if is_missing(&error) => return Ok(Vec::new()),
                Err(error) => return Err(failed("iam:ListGroupsForUser", &error).into()),
            }
        }
        Ok(held)
    }
}
