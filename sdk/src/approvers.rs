//! Who is asked and who may decide, as one value.

use serde::{Deserialize, Serialize};

use crate::model::{Duration, InvalidName, UserId};

/// A set of people, named by where it is kept. Looked up afresh each time it matters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// Every active member.
    Anyone,
    /// The administrators.
    Admins,
    /// These.
    Users(Vec<UserId>),
    /// The members of a Slack channel, by `#name` or id.
    SlackChannel(String),
    /// One person, by Slack user id, `@name` or mail address.
    SlackUser(String),
    /// The members of a Slack user group, by handle or id.
    SlackGroup(String),
    /// The members of an Okta group, by name or id.
    OktaGroup(String),
    /// Somebody's manager, as a directory of the company knows it.
    Manager {
        /// Whose.
        of: UserId,
        /// In which directory it stands.
        chart: OrgChart,
    },
    /// Whoever is on call, by the schedule's name or id.
    PagerDutySchedule(String),
    /// Whoever is on call, by the escalation policy's name or id.
    PagerDutyPolicy {
        /// Its name or id.
        policy: String,
        /// On which level, from 1; `None`: on any.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<u32>,
    },
    /// The collaborators of a GitHub repository who have exactly this role.
    #[serde(rename = "github_collaborators")]
    GitHubCollaborators {
        /// `organization/name`.
        repository: String,
        /// `read`, `triage`, `write`, `maintain`, `admin` or one of the organization's own.
        role: String,
    },
    /// All of these together.
    Union(Vec<People>),
}

/// A directory of the company that knows who is whose manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrgChart {
    /// Okta: `manager` or `managerId` of the profile.
    Okta,
    /// Google Workspace: the relation of the type `manager`.
    Google,
    /// `OneLogin`: `manager_user_id`.
    OneLogin,
}

impl OrgChart {
    /// The type of the integrations that it is asked by.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Okta => "okta",
            Self::Google => "google",
            Self::OneLogin => "onelogin",
        }
    }
}

impl People {
    /// These users, by mail address.
    ///
    /// # Errors
    ///
    /// If one is no mail address.
    pub fn users<I: IntoIterator<Item: AsRef<str>>>(addresses: I) -> Result<Self, InvalidName> {
        addresses
            .into_iter()
            .map(|address| UserId::of_mail(address.as_ref()))
            .collect::<Result<_, _>>()
            .map(Self::Users)
    }
}

impl std::fmt::Display for People {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Anyone => f.write_str("anybody"),
            Self::Admins => f.write_str("the administrators"),
            Self::Users(users) => {
                let names: Vec<_> = users.iter().map(UserId::as_str).collect();
                f.write_str(&names.join(", "))
            }
            Self::SlackChannel(name) => write!(f, "Slack {name}"),
            Self::SlackUser(name) => write!(f, "Slack user {name}"),
            Self::SlackGroup(name) => write!(f, "Slack group {name}"),
            Self::OktaGroup(name) => write!(f, "Okta group {name}"),
            Self::Manager { of, chart: _ } => write!(f, "the manager of {of}"),
            Self::PagerDutySchedule(name) => write!(f, "PagerDuty schedule {name}"),
            Self::PagerDutyPolicy { policy, level: None } => {
                write!(f, "PagerDuty escalation policy {policy}")
            }
            Self::PagerDutyPolicy { policy, level: Some(level) } => {
                write!(f, "level {level} of PagerDuty escalation policy {policy}")
            }
            Self::GitHubCollaborators { repository, role } => {
                write!(f, "collaborators of {repository} with the role {role}")
            }
            Self::Union(all) => {
                let names: Vec<_> = all.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" and "))
            }
        }
    }
}

/// Who may approve, in stages, and where they are asked.
///
/// By default anybody in the set but the requester may approve, one approval is enough, and there
/// is no timeout.
///
/// ```
/// use countersign::approvers::{okta, slack};
/// use countersign::model::Duration;
///
/// let approvers = okta::group("data-security")
///     .quorum(2)
///     .timeout(Duration::minutes(30))
///     .or_else(slack::channel("#ops"))
///     .then(slack::channel("#security"))
///     .distinct();
/// assert_eq!(approvers.stages().len(), 2);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approvers {
    pub(crate) stages: Vec<Stage>,
    pub(crate) distinct: bool,
}

/// One stage: so many of these people have to approve before the next stage is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Who may decide.
    pub who: People,
    /// Where it is asked, if elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify: Option<People>,
    /// How many approvals it takes; at least one.
    pub quorum: u32,
    /// Whether the requester may be one of them.
    pub allow_self: bool,
    /// How long they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Duration>,
    /// Who is asked instead, on timeout or when nobody could be reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub or_else: Option<Box<Approvers>>,
    /// The first pause between reminders; each further one is twice as long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remind_every: Option<Duration>,
}

impl Approvers {
    /// Whoever is in this set.
    #[must_use]
    pub fn new(who: People) -> Self {
        let stage = Stage {
            who,
            notify: None,
            quorum: 1,
            allow_self: false,
            timeout: None,
            or_else: None,
            remind_every: None,
        };
        Self { stages: vec![stage], distinct: false }
    }

    /// The stages, in order; never empty.
    #[must_use]
    pub fn stages(&self) -> &[Stage] {
        &self.stages
    }

    /// Whether nobody counts in two stages.
    #[must_use]
    pub const fn is_distinct(&self) -> bool {
        self.distinct
    }

    /// Asks there instead of those who may decide.
    #[must_use]
    pub fn notify(self, there: impl Into<People>) -> Self {
        let there = there.into();
        self.last(|stage| stage.notify = Some(there))
    }

    /// Of collaborators of a GitHub repository: those who have exactly this role, `read`, `triage`,
    /// `write`, `maintain`, `admin` or one of the organization's own.
    #[must_use]
    pub fn role(self, role: &str) -> Self {
        self.last(|stage| {
            if let People::GitHubCollaborators { role: of, .. } = &mut stage.who {
                role.clone_into(of);
            }
        })
    }

    /// Of a `PagerDuty` escalation policy, only whoever is on call on this level; the first is 1.
    /// Nothing else has levels: it stays as it is.
    #[must_use]
    pub fn level(self, level: u32) -> Self {
        self.last(|stage| {
            if let People::PagerDutyPolicy { level: of, .. } = &mut stage.who {
                *of = Some(level);
            }
        })
    }

    /// Takes so many approvals, by as many people. Zero counts as one.
    #[must_use]
    pub fn quorum(self, approvals: u32) -> Self {
        self.last(|stage| stage.quorum = approvals.max(1))
    }

    /// Lets the requester decide too, if they are in the set.
    #[must_use]
    pub fn allow_self(self) -> Self {
        self.last(|stage| stage.allow_self = true)
    }

    /// Gives them so long. Then the request goes [elsewhere](Self::or_else), or expires.
    #[must_use]
    pub fn timeout(self, after: Duration) -> Self {
        self.last(|stage| stage.timeout = Some(after))
    }

    /// Reminds them: first after so long, then after ever longer pauses.
    #[must_use]
    pub fn remind_every(self, pause: Duration) -> Self {
        self.last(|stage| stage.remind_every = Some(pause))
    }

    /// Asks these when the time is up, or when nobody could be reached. May be repeated.
    #[must_use]
    pub fn or_else(self, next: Self) -> Self {
        self.last(|stage| {
            stage.or_else = Some(Box::new(match stage.or_else.take() {
                Some(first) => first.or_else(next),
                None => next,
            }));
        })
    }

    /// Asks these too, after the ones so far have approved.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.stages.extend(next.stages);
        self.distinct |= next.distinct;
        self
    }

    /// Lets nobody count in two stages.
    #[must_use]
    pub fn distinct(mut self) -> Self {
        self.distinct = true;
        self
    }

    fn last(mut self, change: impl FnOnce(&mut Stage)) -> Self {
        if let Some(stage) = self.stages.last_mut() {
            change(stage);
        }
        self
    }
}

/// Of several stages, the people of all: for [`Approvers::notify`].
impl From<Approvers> for People {
    fn from(approvers: Approvers) -> Self {
        let mut all: Vec<_> = approvers.stages.into_iter().map(|stage| stage.who).collect();
        if all.len() == 1 { all.remove(0) } else { Self::Union(all) }
    }
}

/// Approvers who are kept in Slack.
pub mod slack {
    use super::{Approvers, People};

    /// The members of a channel, by `#name` or id; they are asked there.
    #[must_use]
    pub fn channel(name: &str) -> Approvers {
        Approvers::new(People::SlackChannel(name.to_owned()))
    }

    /// One person, by Slack user id, `@name` or mail address; asked by direct message.
    #[must_use]
    pub fn user(name: &str) -> Approvers {
        Approvers::new(People::SlackUser(name.to_owned()))
    }

    /// The members of a user group, by handle or id.
    #[must_use]
    pub fn group(handle: &str) -> Approvers {
        Approvers::new(People::SlackGroup(handle.to_owned()))
    }
}

/// Approvers who are kept in Okta.
pub mod okta {
    use super::{Approvers, OrgChart, People, manager_in};
    use crate::model::User;

    /// The members of a group, by name or id; found in Slack and asked there.
    #[must_use]
    pub fn group(name: &str) -> Approvers {
        Approvers::new(People::OktaGroup(name.to_owned()))
    }

    /// Somebody's manager, mostly the requester's: `okta::manager(event.requester())`. Whoever has
    /// none there has nobody to ask: name somebody else with `.or_else(..)`.
    #[must_use]
    pub fn manager(of: &User) -> Approvers {
        manager_in(OrgChart::Okta, of)
    }
}

/// Approvers who are kept in Google Workspace.
pub mod google {
    use super::{Approvers, OrgChart, manager_in};
    use crate::model::User;

    /// Somebody's manager, mostly the requester's: `google::manager(event.requester())`. Whoever has
    /// none there has nobody to ask: name somebody else with `.or_else(..)`.
    #[must_use]
    pub fn manager(of: &User) -> Approvers {
        manager_in(OrgChart::Google, of)
    }
}

/// Approvers who are kept in `OneLogin`.
pub mod onelogin {
    use super::{Approvers, OrgChart, manager_in};
    use crate::model::User;

    /// Somebody's manager, mostly the requester's: `onelogin::manager(event.requester())`. Whoever has
    /// none there has nobody to ask: name somebody else with `.or_else(..)`.
    #[must_use]
    pub fn manager(of: &User) -> Approvers {
        manager_in(OrgChart::OneLogin, of)
    }
}

fn manager_in(chart: OrgChart, of: &crate::model::User) -> Approvers {
    Approvers::new(People::Manager { of: of.id.clone(), chart })
}

/// Approvers who are kept in PagerDuty.
pub mod pagerduty {
    use super::{Approvers, People};

    /// Whoever is on call when they decide, by the schedule's name or id.
    #[must_use]
    pub fn schedule(name: &str) -> Approvers {
        Approvers::new(People::PagerDutySchedule(name.to_owned()))
    }

    /// Whoever is on call when they decide, on any level of the escalation policy, by its name or id.
    /// With [`Approvers::level`], only those on one level.
    #[must_use]
    pub fn policy(name: &str) -> Approvers {
        Approvers::new(People::PagerDutyPolicy { policy: name.to_owned(), level: None })
    }
}

/// Approvers who are kept in GitHub.
pub mod github {
    use super::{Approvers, People};

    /// The administrators of a repository, `organization/name`. With [`Approvers::role`], its
    /// collaborators who have exactly another role.
    #[must_use]
    pub fn collaborators(repository: &str) -> Approvers {
        let (repository, role) = (repository.to_owned(), "admin".to_owned());
        Approvers::new(People::GitHubCollaborators { repository, role })
    }
}

/// These people, by mail address.
///
/// # Errors
///
/// If one is no mail address.
pub fn users<I: IntoIterator<Item: AsRef<str>>>(addresses: I) -> Result<Approvers, InvalidName> {
    People::users(addresses).map(Approvers::new)
}

/// The administrators.
#[must_use]
pub fn admins() -> Approvers {
    Approvers::new(People::Admins)
}

/// Any active member.
#[must_use]
pub fn anyone() -> Approvers {
    Approvers::new(People::Anyone)
}
