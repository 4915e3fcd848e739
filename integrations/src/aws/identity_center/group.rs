//! Membership in a group of Identity Center's identity store.

use async_trait::async_trait;
use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::types::{AlternateIdentifier, MemberId, UniqueAttribute};
use aws_smithy_types::Document;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use serde::Serialize;

use super::Instance;
use crate::aws::trouble::{failed, is_conflict, is_missing};
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::{Right, StrategyKind};

/// `aws_identity_center_group`: a user of IAM Identity Center is in a group of it.
pub(crate) const IDENTITY_CENTER_GROUP: StrategyKind = StrategyKind {
    kind: "aws_identity_center_group",
    integration: "aws_identity_center",
    rights: &[Right {
        actions: &[
            "identitystore:CreateGroupMembership",
            "identitystore:DeleteGroupMembership",
            "identitystore:DescribeUser",
            "identitystore:GetGroupId",
            "identitystore:GetGroupMembershipId",
            "identitystore:GetUserId",
            "sso:DescribeInstance",
            "sts:AssumeRole",
        ],
    }],
    scopes: &[],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let instance = Instance::open(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Groups { instance })))
    },
};

#[derive(Debug)]
pub(super) struct Groups {
    pub(super) instance: Instance,
}

/// A group, by its id or what it is called.
#[derive(Debug, Serialize)]
pub(super) struct Group {
    #[serde(flatten)]
    by: By,
}

#[derive(Debug, Serialize)]
enum By {
    #[serde(rename = "group_id")]
    Id(String),
    #[serde(rename = "group")]
    Name(String),
}

/// What a call works with.
struct Work {
    client: Client,
    store: String,
    group: String,
}

#[async_trait]
impl Membership for Groups {
    type Place = Group;

    const SESSIONS: &'static str = "no new session can be begun; sessions that are open in an account last until they expire, at most the permission set's session duration";

    fn place(&self, target: &Target) -> Result<Group, HandlerError> {
        let settings = Reader::target(target).only(&["group", "group_id"])?;
        let by = match settings.optional("group_id")? {
            Some(id) => By::Id(id.to_owned()),
            None => By::Name(settings.text("group")?.to_owned()),
        };
        Ok(Group { by })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        self.instance.find(user).await
    }

    async fn has(&self, seat: &Seat<'_, Group>) -> Result<bool, HandlerError> {
        Ok(self.work(seat).await?.membership(seat.who).await?.is_some())
    }

    async fn add(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let work = self.work(seat).await?;
        if work.membership(seat.who).await?.is_some() {
            return Ok(());
        }
        let asked = work
            .client
            .create_group_membership()
            .identity_store_id(&work.store)
            .group_id(&work.group)
            .member_id(MemberId::UserId(seat.who.to_owned()))
            .send()
            .await;
        match asked {
            Ok(_) => Ok(()),
            // They are a member already, or something else is under way: it is looked at.
            Err(error) if is_conflict(&error) && work.membership(seat.who).await?.is_some() => {
                Ok(())
            }
            Err(error) => Err(failed("identitystore:CreateGroupMembership", &error).into()),
        }
    }

    async fn remove(&self, seat: &Seat<'_, Group>) -> Result<(), HandlerError> {
        let work = self.work(seat).await?;
        let Some(membership) = work.membership(seat.who).await? else { return Ok(()) };
        let asked = work
            .client
            .delete_group_membership()
            .identity_store_id(&work.store)
            .membership_id(membership)
            .send()
            .await;
        match asked {
            Ok(_) => Ok(()),
            Err(error) if is_missing(&error) => Ok(()),
            Err(error) => Err(failed("identitystore:DeleteGroupMembership", &error).into()),
        }
    }
}

impl Groups {
    async fn work(&self, seat: &Seat<'_, Group>) -> Result<Work, HandlerError> {
        let config = self.instance.account.enter(seat.run).await?;
        let client = Client::new(&config);
        let store = self.instance.store(&config).await?.to_owned();
        let group = match &seat.place.by {
            By::Id(id) => id.clone(),
            By::Name(name) => {
                let attribute = UniqueAttribute::builder()
                    .attribute_path("displayName")
                    .attribute_value(Document::String(name.clone()))
                    .build()?;
                let asked = client
                    .get_group_id()
                    .identity_store_id(&store)
                    .alternate_identifier(AlternateIdentifier::UniqueAttribute(attribute))
                    .send()
                    .await;
                match asked {
                    Ok(answer) => answer.group_id,
                    Err(error) if is_missing(&error) => return Err(no_group(name).into()),
                    Err(error) => return Err(failed("identitystore:GetGroupId", &error).into()),
                }
            }
        };
        Ok(Work { client, store, group })
    }
}

impl Work {
    /// The id of somebody's membership, if they have one.
    async fn membership(&self, who: &str) -> Result<Option<String>, HandlerError> {
        let asked = self
            .client
            .get_group_membership_id()
            .identity_store_id(&self.store)
            .group_id(&self.group)
            .member_id(MemberId::UserId(who.to_owned()))
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(Some(answer.membership_id)),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(failed("identitystore:GetGroupMembershipId", &error).into()),
        }
    }
}

fn no_group(name: &str) -> ServiceError {
    let what = format!("IAM Identity Center has no group `{name}`");
    ServiceError::lasting("aws", what, "look at the target's `group`, or write its `group_id`")
}
