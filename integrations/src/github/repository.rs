//! Access to a repository, as a collaborator.

use async_trait::async_trait;
use countersign::context::ServiceError;
use countersign::flow::HandlerError;
use countersign::model::{Target, User};
use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Account, GitHub};
use crate::membership::{ByMembership, Membership, Seat};
use crate::setting::Reader;
use crate::strategies::StrategyKind;

/// `github_repository`: somebody is a collaborator of a repository.
pub(crate) const REPOSITORY: StrategyKind = StrategyKind {
    kind: "github_repository",
    integration: "github",
    rights: &[],
    scopes: &["administration:write", "members:read"],
    open: |setup, secrets| {
        Reader::strategy(&setup.settings).only(&[])?;
        let github = GitHub::needed(&setup.integration, secrets)?;
        Ok(std::sync::Arc::new(ByMembership(Repositories(github))))
    },
};

#[derive(Debug)]
pub(super) struct Repositories(pub(super) GitHub);

/// A repository of the organization, and what may be done there.
#[derive(Debug, Serialize)]
pub(super) struct Repository {
    repository: String,
    /// As lists call it: `read`, `write`, ..
    permission: String,
}

#[derive(Debug, Deserialize)]
struct Collaborator {
    id: u64,
    role_name: String,
}

#[derive(Debug, Deserialize)]
struct Invitation {
    id: u64,
    invitee: Option<Account>,
}

impl Repository {
    /// The permission as it is asked for.
    fn asked(&self) -> &str {
        match self.permission.as_str() {
            "read" => "pull",
            "write" => "push",
            other => other,
        }
    }
}

#[async_trait]
impl Membership for Repositories {
    type Place = Repository;

    const SESSIONS: &'static str = "access ends at once; what was cloned stays where it is";

    fn place(&self, target: &Target) -> Result<Repository, HandlerError> {
        let settings = Reader::target(target).only(&["repository", "permission"])?;
        let repository = settings.text("repository")?;
        let own = format!("{}/", self.0.organization());
        let repository = repository.strip_prefix(&own).unwrap_or(repository).to_owned();
        if repository.contains('/') {
            let what = format!(
                "has the repository `{repository}`, which is not one of `{}`",
                self.0.organization()
            );
            return Err(settings.wrong(&what));
        }
        let permission = match settings.optional("permission")?.unwrap_or("read") {
            "pull" => "read",
            "push" => "write",
            other => other,
        };
        Ok(Repository { repository, permission: permission.to_owned() })
    }

    async fn find(&self, user: &User) -> Result<Option<String>, HandlerError> {
        Ok(self.0.find(user).await?)
    }

    /// Only what the person has as a collaborator: what they have through a team or the organization is
    /// not given and not taken away here. An invitation that nobody has accepted is no access.
    async fn has(&self, seat: &Seat<'_, Repository>) -> Result<bool, HandlerError> {
        let Some(account) = self.0.account(seat.who).await? else { return Ok(false) };
        Ok(self.role(seat, &account).await?.is_some_and(|role| role == seat.place.permission))
    }

    async fn add(&self, seat: &Seat<'_, Repository>) -> Result<(), HandlerError> {
        let account = self.0.account(seat.who).await?.ok_or_else(|| deleted(seat.who))?;
        match self.role(seat, &account).await? {
            Some(role) if role == seat.place.permission => return Ok(()),
            // It would have to be restored afterwards, and nobody would know to what.
            Some(role) => {
                let what = format!(
                    "`{}` is a collaborator of `{}` with the role `{role}` already",
                    account.login, seat.place.repository
                );
                let hint = "remove them there, or give that access by a team, and ask again";
                return Err(ServiceError::lasting("github", what, hint).into());
            }
            None => {}
        }
        let body = json!({ "permission": seat.place.asked() });
        let path = self.path(seat, &account);
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        let done = self.0.change(Method::PUT, "repos/add-collaborator", &path, Some(&body)).await;
        if done?.is_null() {
            return Ok(());
        }
        let what = format!(
            "`{}` is not in the organization and was invited to `{}`: the invitation is not accepted yet",
            account.login, seat.place.repository
        );
        let mut error = ServiceError::passing("github", what);
        error.hint = Some(format!(
            "accept it at https://github.com/{}/{}/invitations",
            self.0.organization(),
            seat.place.repository
        ));
        Err(error.into())
    }

    async fn remove(&self, seat: &Seat<'_, Repository>) -> Result<(), HandlerError> {
        let Some(account) = self.0.account(seat.who).await? else { return Ok(()) };
        // First the invitation: what is accepted meanwhile is removed then.
        let invitations = ["repos", self.0.organization(), &seat.place.repository, "invitations"];
        let open: Option<Vec<Invitation>> =
            self.0.list("repos/list-invitations", &invitations, &[]).await?;
        for invitation in open.unwrap_or_default() {
            if invitation.invitee.is_some_and(|invitee| invitee.id == account.id) {
                let id = invitation.id.to_string();
                let path = [&invitations[..], &[id.as_str()]].concat();
                self.gone(
                    self.0.change(Method::DELETE, "repos/delete-invitation", &path, None).await,
                )?;
            }
        }
        let path = self.path(seat, &account);
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        self.gone(self.0.change(Method::DELETE, "repos/remove-collaborator", &path, None).await)
    }
}

impl Repositories {
    fn path(&self, seat: &Seat<'_, Repository>, account: &Account) -> [String; 5] {
        let (organization, repository) =
            (self.0.organization().to_owned(), seat.place.repository.clone());
        [
            "repos".to_owned(),
            organization,
            repository,
            "collaborators".to_owned(),
            account.login.clone(),
        ]
    }

    /// What somebody may do as a collaborator.
    async fn role(
        &self,
        seat: &Seat<'_, Repository>,
        account: &Account,
    ) -> Result<Option<String>, HandlerError> {
        let path = ["repos", self.0.organization(), &seat.place.repository, "collaborators"];
        let direct = [("affiliation", "direct")];
        let all: Option<Vec<Collaborator>> =
            self.0.list("repos/list-collaborators", &path, &direct).await?;
        let all = all.ok_or_else(|| {
            let what = format!("there is no repository `{}/{}`, or the app may not see it", self.0.organization(), seat.place.repository);
            ServiceError::lasting("github", what, "look at the target's `repository`, and which repositories the app is installed for")
        })?;
        Ok(all.into_iter().find(|it| it.id == account.id).map(|it| it.role_name))
    }

    /// What is not there need not be removed.
    #[expect(clippy::unused_self, reason = "it reads like the others")]
    fn gone(&self, done: Result<Value, crate::Refusal>) -> Result<(), HandlerError> {
        match done {
            Ok(_) => Ok(()),
            Err(refusal) if refusal.is_not_found() => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }
}

/// The account of somebody is not there any more.
pub(super) fn deleted(who: &str) -> ServiceError {
    let what = format!("there is no account `{who}`");
    ServiceError::lasting("github", what, "correct the person's identity in this integration")
}
