//! Access as membership in a group at Okta.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Event, Step, Target, User};
use countersign::strategy::{Setup, Strategy, StrategyContext};
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Okta;
use super::groups::is_id;
use super::shapes::GroupKind;
use crate::api::Refusal;
use crate::secret::Secrets;

/// Access as membership in a group at Okta: a target's setting `group` names it, by name or id.
#[derive(Debug, Clone)]
pub struct OktaGroup {
    okta: Okta,
    clear_sessions: bool,
}

/// The settings of a strategy of type `okta_group`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    /// Whether the person's sessions at Okta are ended together with their membership.
    #[serde(default)]
    clear_sessions: bool,
}

/// What giving access leaves: both by their ids, which stay when names change.
#[derive(Debug, Serialize, Deserialize)]
struct Given {
    group: String,
    user: String,
}

impl OktaGroup {
    /// The type of such strategies in the settings.
    pub const TYPE: &'static str = "okta_group";

    /// Opens it with its settings.
    ///
    /// # Errors
    ///
    /// If they are wrong, or the integration has no secret.
    pub fn open(setup: &Setup, secrets: &Secrets) -> Result<Self, HandlerError> {
        let settings = Settings::deserialize(Value::Object(setup.settings.clone()))
            .map_err(|error| wrong(error.to_string()))?;
        let okta = Okta::open(&setup.integration, secrets)?.ok_or_else(|| {
            let name = &setup.integration.name;
            wrong(format!("the integration `{name}` has neither `token` nor `private_key`"))
                .with_hint("add a token; to try things out without Okta, use `directory_group`")
        })?;
        Ok(Self { okta, clear_sessions: settings.clear_sessions })
    }

    /// The id of the group that a target stands for: as when access was given, or by the settings.
    async fn group(&self, target: &Target, event: &Event) -> Result<String, HandlerError> {
        if let Some(given) = given(event)? {
            return Ok(given.group);
        }
        Ok(self.okta.group(named(target)?).await?.id)
    }

    /// The id of the requester's account: as when access was given, or by their identity.
    async fn user(&self, event: &Event, cx: &StrategyContext<'_>) -> Result<String, HandlerError> {
        if let Some(given) = given(event)? {
            return Ok(given.user);
        }
        let identity = cx.get_requester_identity().await?;
        if is_id(&identity, "00u") {
            return Ok(identity);
        }
        let account = self.okta.account_now(&identity).await?;
        account.map(|account| account.id).ok_or_else(|| {
            HandlerError::new("Okta:UNKNOWN_ACCOUNT", format!("nobody signs in as `{identity}`"))
                .with_hint("store the id of their account, `00u..`, under the user's identities")
                .final_()
        })
    }

    /// Whether there is nothing to take away, where Okta refused to: with the group or the account,
    /// the membership has gone; and in a group that cannot be changed, nothing was given.
    async fn is_not_there(
        &self,
        group: &str,
        user: &str,
        refusal: &Refusal,
    ) -> Result<bool, HandlerError> {
        if !matches!(refusal.status, Some(StatusCode::NOT_FOUND | StatusCode::FORBIDDEN)) {
            return Ok(false);
        }
        match self.okta.groups_now(user).await {
            Ok(groups) => Ok(!groups.iter().any(|one| one.id == group)),
            Err(gone) if is_said_of(user, &gone) => Ok(true),
            Err(_) => Ok(false),
        }
    }
}

#[async_trait]
impl Strategy for OktaGroup {
    fn never_blocks(&self) -> bool {
        true
    }

    async fn escalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let group = self.okta.group(named(target)?).await?;
        if group.kind != GroupKind::OktaGroup {
            let what = format!("the members of `{}` are not kept at Okta", group.profile.name);
            let hint = "take a group of the type `OKTA_GROUP`: others are filled by an application";
            return Err(HandlerError::new("Okta:FOREIGN_GROUP", what).with_hint(hint).final_());
        }
        let user = self.user(event, cx).await?;
        self.okta.add(&group.id, &user).await.map_err(|mut refusal| {
            if refusal.is_not_found() {
                let what = format!(
                    "assignUserToGroup: there is no group `{}` any more, or no account `{user}`",
                    group.profile.name
                );
                let hint =
                    "look at the target's `group`, and whether the person's account was deleted";
                refusal.error = ServiceError::lasting("okta", what, hint);
            }
            refusal
        })?;
        let given = Given { group: group.id, user };
        Ok(serde_json::to_value(given).ok())
    }

    async fn deescalate(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<Value>, HandlerError> {
        let (group, user) = (self.group(target, event).await?, self.user(event, cx).await?);
        match self.okta.remove(&group, &user).await {
            Ok(()) => {}
            Err(refusal) if self.is_not_there(&group, &user, &refusal).await? => {}
            Err(refusal) => return Err(refusal.into()),
        }
        if self.clear_sessions {
            match self.okta.end_sessions(&user).await {
                Ok(()) => {}
                Err(refusal) if refusal.is_not_found() => {}
                Err(refusal) => return Err(refusal.into()),
            }
        }
        Ok(None)
    }

    async fn fetch_remote_identity(&self, user: &User) -> Result<Option<String>, HandlerError> {
        let Some(mail) = user.email() else { return Ok(None) };
        let account = self.okta.account_by_mail(mail).await?;
        Ok(account.filter(|account| !account.status.has_left()).map(|account| account.id))
    }

    async fn is_granted(
        &self,
        target: &Target,
        event: &Event,
        cx: &StrategyContext<'_>,
    ) -> Result<Option<bool>, HandlerError> {
        let (group, user) = (self.group(target, event).await?, self.user(event, cx).await?);
        match self.okta.groups_now(&user).await {
            Ok(groups) => Ok(Some(groups.iter().any(|one| one.id == group))),
            Err(refusal) if is_said_of(&user, &refusal) => Ok(Some(false)),
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn ends_sessions(&self) -> Option<&'static str> {
        Some(if self.clear_sessions {
            "membership ends at once, and so do all sessions at Okta; an application that was opened \
             before may stay open until its own session ends"
        } else {
            "membership ends at once; sessions at Okta and in applications stay open until they end"
        })
    }
}

/// Whether Okta says that it has no account of this id. That the whole organization answers nothing else
/// than 404, as under an address that it had once, says nothing about anybody.
/// Source: E0000007 in <https://developer.okta.com/docs/reference/error-codes/>.
fn is_said_of(user: &str, refusal: &Refusal) -> bool {
    let said = |name: &str| refusal.body.get(name).and_then(Value::as_str).unwrap_or_default();
    refusal.is_not_found() && said("errorCode") == "E0000007" && said("errorSummary").contains(user)
}

/// What giving access left, if it did.
fn given(event: &Event) -> Result<Option<Given>, HandlerError> {
    Ok(event.run().step_output(Step::Escalate)?)
}

/// The group that a target stands for: its setting `group`.
fn named(target: &Target) -> Result<&str, HandlerError> {
    match target.settings.get("group") {
        Some(Value::String(group)) => Ok(group),
        Some(other) => Err(wrong(format!(
            "the target `{}` has the setting group = {other}, which is no text",
            target.name()
        ))),
        None => Err(wrong(format!("the target `{}` has no setting `group`", target.name()))
            .with_hint("write `settings = { group = \"..\" }`, with the group's name or id")),
    }
}

fn wrong(what: String) -> HandlerError {
    HandlerError::new("Strategy:SETTINGS", what).final_()
}
