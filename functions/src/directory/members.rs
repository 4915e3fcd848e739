//! Who is in a set, and whether one person is.

use countersign::approvers::{OrgChart, People};
use countersign::context::ServiceError;
use countersign::model::{Integration, Role, User, UserId, UserKind};
use countersign_integrations::github::GitHub;
use countersign_integrations::pagerduty::{Duty, PagerDuty};

use super::LocalDirectory;
use super::named;
use super::systems::{Place, place};

impl LocalDirectory {
    /// Everybody in a set.
    pub(super) async fn everybody_in(&self, people: &People) -> Result<Vec<User>, ServiceError> {
        let directory = &self.settings.directory;
        match people {
            People::Anyone => {
                let mut everybody = self.everybody().await?;
                everybody.retain(|user| is_active(user) && user.role >= Role::Member);
                Ok(everybody)
            }
            People::Admins => {
                let mut everybody = self.everybody().await?;
                everybody.retain(|user| is_active(user) && user.role == Role::Admin);
                Ok(everybody)
            }
            People::Users(ids) => self.all(ids.clone()).await,
            People::OktaGroup(name) => match place(&self.systems.okta, name)? {
                Place::Real(integration, okta, group) => {
                    let members = okta.members(group).await?;
                    let people =
                        members.iter().map(countersign_integrations::okta::Account::person);
                    self.users_of(integration, people.collect()).await
                }
                Place::Settings(name) => self.all(named::group(directory, name)?).await,
            },
            People::SlackGroup(name) => match place(&self.systems.slack, name)? {
                Place::Real(integration, slack, handle) => {
                    self.users_of(integration, slack.group_members(handle).await?).await
                }
                Place::Settings(name) => self.all(named::group(directory, name)?).await,
            },
            People::SlackChannel(name) => match place(&self.systems.slack, name)? {
                Place::Real(integration, slack, channel) => {
                    self.users_of(integration, slack.channel_members(channel).await?).await
                }
                Place::Settings(name) => self.all(named::channel(directory, name)?).await,
            },
            People::SlackUser(name) => self.in_slack_as(name).await,
            People::Manager { of, chart } => self.manager_of(of, *chart).await,
            People::PagerDutySchedule(name) => match place(&self.systems.pagerduty, name)? {
                Place::Real(integration, pagerduty, name) => {
                    let on_call = pagerduty.on_call(Duty::Schedule(name)).await?;
                    self.users_of(integration, on_call).await
                }
                Place::Settings(name) => self.all(named::schedule(directory, name)?).await,
            },
            People::PagerDutyPolicy { policy, level } => {
                match place(&self.systems.pagerduty, policy)? {
                    Place::Real(integration, pagerduty, name) => {
                        let on_call = pagerduty.on_call(Duty::Policy(name, *level)).await?;
                        self.users_of(integration, on_call).await
                    }
                    Place::Settings(name) => {
                        self.all(named::policy(directory, name, *level)?).await
                    }
                }
            }
            People::GitHubCollaborators { repository, role } => {
                let (integration, github, name) = self.on_github(repository)?;
                self.users_of(integration, github.collaborators(name, role).await?).await
            }
            People::Union(all) => {
                let mut users = Vec::new();
                for people in all {
                    users.extend(Box::pin(self.everybody_in(people)).await?);
                }
                Ok(users)
            }
        }
    }

    /// Whether one person is in a set: without listing it, where its system can tell.
    pub(super) async fn is_in(&self, people: &People, id: &UserId) -> Result<bool, ServiceError> {
        match people {
            People::Users(ids) => Ok(ids.contains(id)),
            People::Anyone | People::Admins => {
                let user = self.known(id).await?;
                let is_in = match people {
                    People::Admins => user.role == Role::Admin,
                    _ => user.role >= Role::Member,
                };
                Ok(is_in && is_active(&user) && self.is_somebody(id).await?)
            }
            People::OktaGroup(name) => match place(&self.systems.okta, name)? {
                Place::Real(integration, okta, group) => {
                    let user = self.known(id).await?;
                    match okta.account_of(integration, &user).await? {
                        Some(account) if account.status.is_active() => {
                            okta.is_member(group, &account.id).await
                        }
                        Some(_) | None => Ok(false),
                    }
                }
                Place::Settings(name) => {
                    Ok(named::group(&self.settings.directory, name)?.contains(id))
                }
            },
            People::PagerDutySchedule(name) => {
                let known = self.on_duty_as(id, name).await?;
                match known {
                    Some((pagerduty, name, known)) => {
                        pagerduty.is_on_call(&known, Duty::Schedule(name)).await
                    }
                    None => self.is_listed(people, id).await,
                }
            }
            People::PagerDutyPolicy { policy, level } => {
                let known = self.on_duty_as(id, policy).await?;
                match known {
                    Some((pagerduty, name, known)) => {
                        pagerduty.is_on_call(&known, Duty::Policy(name, *level)).await
                    }
                    None => self.is_listed(people, id).await,
                }
            }
            People::Union(all) => {
                for people in all {
                    if Box::pin(self.is_in(people, id)).await? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            // Their systems tell who is in them only by listing.
            People::SlackChannel(_)
            | People::SlackGroup(_)
            | People::SlackUser(_)
            | People::Manager { .. }
            | People::GitHubCollaborators { .. } => self.is_listed(people, id).await,
        }
    }

    async fn is_listed(&self, people: &People, id: &UserId) -> Result<bool, ServiceError> {
        let members = self.everybody_in(people).await?;
        Ok(members.iter().any(|member| member.id == *id))
    }

    /// Which account has a schedule or policy, what it is called there, and what somebody is called
    /// there; `None` where that is not known, or nobody is there to be asked.
    async fn on_duty_as<'a>(
        &'a self,
        id: &UserId,
        name: &'a str,
    ) -> Result<Option<(&'a PagerDuty, &'a str, String)>, ServiceError> {
        let Place::Real(integration, pagerduty, name) = place(&self.systems.pagerduty, name)?
        else {
            return Ok(None);
        };
        let user = self.known(id).await?;
        let known = user.identity(&integration.kind, &integration.external_id);
        Ok(known.map(|known| (pagerduty, name, known.to_owned())))
    }

    async fn in_slack_as(&self, name: &str) -> Result<Vec<User>, ServiceError> {
        match place(&self.systems.slack, name)? {
            Place::Real(integration, slack, name) => {
                let person = slack.user(name).await?;
                let person = person.ok_or_else(|| {
                    let what = format!("nobody in Slack is `{name}`");
                    ServiceError::lasting(
                        "slack",
                        what,
                        "name them by mail address or Slack user id",
                    )
                })?;
                self.users_of(integration, vec![person]).await
            }
            Place::Settings(name) => {
                let id = UserId::of_mail(name).map_err(|_| {
                    let what = format!("there is no user `{name}`");
                    let hint = "name them by mail address, or give the integration of type `slack` its secret";
                    ServiceError::lasting("slack", what, hint)
                })?;
                self.all([id]).await
            }
        }
    }

    /// Which organization has a repository: the one that stands before the slash.
    fn on_github<'a>(
        &'a self,
        repository: &'a str,
    ) -> Result<(&'a Integration, &'a GitHub, &'a str), ServiceError> {
        let wrong = |what: &str, hint: &str| {
            Err(ServiceError::lasting("github", format!("`{repository}` {what}"), hint))
        };
        let Some((organization, name)) = repository.split_once('/') else {
            return wrong("names no organization", "write `organization/name`");
        };
        let real = super::systems::real(&self.systems.github)?;
        match real.into_iter().find(|(_, github)| github.organization() == organization) {
            Some((integration, github)) => Ok((integration, github, name)),
            None => wrong(
                "is of an organization that nobody can ask",
                "add an integration of type `github` with its name as `external_id` and a `private_key`",
            ),
        }
    }

    /// Somebody's manager, as a directory knows them: nobody, where none is written there.
    async fn manager_of(&self, of: &UserId, chart: OrgChart) -> Result<Vec<User>, ServiceError> {
        let (user, kind) = (self.known(of).await?, chart.kind());
        let directories = self.systems.managers(chart)?;
        for (integration, directory) in &directories {
            if let Some(manager) = directory.manager(integration, &user).await? {
                return self.users_of(integration, vec![manager]).await;
            }
        }
        if !directories.is_empty() {
            return Ok(Vec::new());
        }
        let what = format!("nobody knows who the manager of {of} is");
        let hint = format!("give an integration of type `{kind}` its secret");
        Err(ServiceError::lasting(kind, what, hint))
    }
}

fn is_active(user: &User) -> bool {
    !user.deactivated && user.kind == UserKind::Normal
}
