//! Membership in a team.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use reqwest::Method;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::client::GitHub;
use super::repository::deleted;
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// `github_team`: a member of the organization is in a team of it.
pub(crate) const TEAM: StrategyKind = StrategyKind {
    kind: "github_team",
    integration: "github",
    rights: &[],
    scopes: &["members:write"],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let github = GitHub::needed(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Teams(github))))
    },
};

#[derive(Debug)]
struct Teams(GitHub);

/// A team, by the name in its address.
#[derive(Debug, Serialize)]
struct Team {
    team: String,
}

/// How somebody is in something: `active`, or `pending` until they accept an invitation.
#[derive(Debug, Deserialize)]
struct State {
    state: String,
}

#[async_trait]
impl Membership for Teams {
    type Place = Team;

    const SESSIONS: &'static str = "access ends at once; what was cloned stays where it is";

    fn place(&self, target: &Target) -> Result<Team, HandlerError> {
        let settings = Reader::target(target).only(&["team"])?;
        Ok(Team { team: settings.text("team")?.to_owned() })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        Ok(self.0.find(user).await?)
    }

    async fn has(&self, seat: &Seat<'_, Team>) -> Result<bool, HandlerError> {
        let Some(account) = self.0.account(seat.who).await? else { return Ok(false) };
        self.is_member(seat, &account.login).await
    }

    async fn add(&self, seat: &Seat<'_, Team>) -> Result<(), HandlerError> {
        let account = self.0.account(seat.who).await?.ok_or_else(|| deleted(seat.who))?;
        // Asking again would make a member of a maintainer.
        if self.is_member(seat, &account.login).await? {
            return Ok(());
        }
        let organization = self.0.organization();
        let path = ["orgs", organization, "memberships", &account.login];
        let there: Option<State> = self.0.get("orgs/get-membership-for-user", &path).await?;
        if there.is_none_or(|there| there.state != "active") {
            let what =
                format!("`{}` is not a member of the organization `{organization}`", account.login);
            let hint = "invite them to the organization first: a team would only invite them";
            return Err(ServiceError::lasting("github", what, hint).into());
        }
        let path = ["orgs", organization, "teams", &seat.place.team, "memberships", &account.login];
        let name = "teams/add-or-update-membership-for-user-in-org";
        let body = json!({ "role": "member" });
        let done = self.0.change(Method::PUT, name, &path, Some(&body)).await;
        let done = done.map_err(|refusal| {
            if refusal.is_not_found() { self.no_team(&seat.place.team) } else { refusal.into() }
        })?;
        let done: State = serde_json::from_value(done)
            .map_err(|error| self.0.wrong_shape(name, &error.to_string()))?;
        if done.state == "active" {
            Ok(())
        } else {
            Err(ServiceError::passing(
                "github",
                format!("the membership of `{}` is {}", account.login, done.state),
            )
            .into())
        }
    }

    async fn remove(&self, seat: &Seat<'_, Team>) -> Result<(), HandlerError> {
        let Some(account) = self.0.account(seat.who).await? else { return Ok(()) };
        let path = [
            "orgs",
            self.0.organization(),
            "teams",
            &seat.place.team,
            "memberships",
            &account.login,
        ];
        let name = "teams/remove-membership-for-user-in-org";
        match self.0.change(Method::DELETE, name, &path, None).await {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_not_found() => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

impl Teams {
    async fn is_member(&self, seat: &Seat<'_, Team>, login: &str) -> Result<bool, HandlerError> {
        let path = ["orgs", self.0.organization(), "teams", &seat.place.team, "memberships", login];
        let there: Option<State> =
            self.0.get("teams/get-membership-for-user-in-org", &path).await?;
        if there.is_none() {
            // Either is missing. A team of another name may be the same one, with the same members.
            let path = ["orgs", self.0.organization(), "teams", &seat.place.team, "members"];
            let members: Option<Vec<IgnoredAny>> =
                self.0.get("teams/list-members-in-org", &path).await?;
            members.ok_or_else(|| self.no_team(&seat.place.team))?;
        }
        Ok(there.is_some_and(|there| there.state == "active"))
    }

    fn no_team(&self, team: &str) -> ServiceError {
        let what = format!("the organization `{}` has no team `{team}`", self.0.organization());
        ServiceError::lasting(
            "github",
            what,
            "look at the target's `team`: the name in the team's address; where the team was deleted for good, nobody has anything by it any more",
        )
    }
}
