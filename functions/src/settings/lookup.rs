//! What the rest of the system asks the settings.

use std::path::Path;

use countersign::context::ServiceError;
use countersign::model::{
    Duration, FlowName, Identity, Integration, Object, Role, Srn, Target, Timestamp, User, UserId,
};
use countersign_integrations::guarded::{Guarded, Rule};
use countersign_integrations::{SecretRef, Secrets};
use jiff::tz::TimeZone;

use super::document::{
    AllowedSource, DirectorySettings, Fail, FlowSettings, Group, IntegrationSettings,
    ReasonSettings, Settings, StrategySettings, TargetSettings, UserSettings,
};
use super::error::SettingsError;
use super::flows::APPROVAL_ONLY;

/// The longest access where neither flow nor target says another.
const MAX_DURATION: Duration = Duration::hours(8);

/// The choices where neither flow nor target has its own.
const DURATIONS: [Duration; 3] = [Duration::minutes(30), Duration::hours(1), Duration::hours(4)];

impl Settings {
    /// The environment's time zone.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.environment.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// The target of this name, as flows see it. Its strategy is `None` where nothing is granted:
    /// because it has none, or because that is of the type `approval_only`.
    #[must_use]
    pub fn target(&self, name: &str) -> Option<Target> {
        let target = self.target_settings(name)?;
        let strategy = target.strategy.as_deref().and_then(|name| self.strategy(name));
        let kind = target.kind.as_deref();
        let kind =
            kind.or(strategy.map(|strategy| strategy.kind.as_str())).unwrap_or(APPROVAL_ONLY);
        Some(Target {
            name: target.name.clone(),
            kind: kind.to_owned(),
            label: target.label.clone().unwrap_or_else(|| target.name.to_string()),
            strategy: strategy
                .filter(|strategy| strategy.kind != APPROVAL_ONLY)
                .map(|strategy| strategy.name.clone()),
            settings: target.settings.clone(),
        })
    }

    /// What is written about the target of this name.
    #[must_use]
    pub fn target_settings(&self, name: &str) -> Option<&TargetSettings> {
        self.targets.iter().find(|target| target.name.as_str() == name)
    }

    /// What is written about the flow of this name.
    #[must_use]
    pub fn flow(&self, name: &str) -> Option<&FlowSettings> {
        self.flows.iter().find(|flow| flow.name.as_str() == name)
    }

    /// The strategy of this name.
    #[must_use]
    pub fn strategy(&self, name: &str) -> Option<&StrategySettings> {
        self.strategies.iter().find(|strategy| strategy.name.as_str() == name)
    }

    /// The integration of this name.
    #[must_use]
    pub fn integration(&self, name: &str) -> Option<Integration> {
        let settings = self.integrations.iter().find(|integration| integration.name == name)?;
        self.as_value(settings)
    }

    /// The integrations of this type, in the order of the document.
    #[must_use]
    pub fn integrations_of(&self, kind: &str) -> Vec<Integration> {
        let of_kind = self.integrations.iter().filter(|integration| integration.kind == kind);
        of_kind.filter_map(|settings| self.as_value(settings)).collect()
    }

    fn as_value(&self, settings: &IntegrationSettings) -> Option<Integration> {
        let IntegrationSettings { name, kind, external_id, settings } = settings;
        let srn = format!("{}:integration:{kind}:{name}:latest", self.environment.org);
        Some(Integration {
            name: name.clone(),
            kind: kind.clone(),
            external_id: external_id.clone(),
            settings: settings.clone(),
            // The names were checked: there is always one.
            srn: Srn::parse(&srn).ok()?,
        })
    }

    /// The longest that this flow may give this target at once: the flow's maximum or the target's,
    /// whichever is shorter; eight hours where neither has one.
    #[must_use]
    pub fn max_duration(&self, flow: &str, target: &str) -> Duration {
        let flow = self.flow(flow).and_then(|flow| flow.max_duration);
        let target = self.target_settings(target).and_then(|target| target.max_duration);
        flow.into_iter().chain(target).min().unwrap_or(MAX_DURATION)
    }

    /// The choices of duration for this target in this flow: the target's own, else the flow's, else
    /// half an hour, one hour and four; without those beyond the [maximum](Self::max_duration).
    /// Where none is left, the maximum. Never empty, and at most eight.
    #[must_use]
    pub fn durations(&self, flow: &str, target: &str) -> Vec<Duration> {
        let most = self.max_duration(flow, target);
        let targets = self.target_settings(target).map(|target| target.durations.as_slice());
        let flows = self.flow(flow).map(|flow| flow.durations.as_slice());
        let own = [targets, flows].into_iter().flatten().find(|choices| !choices.is_empty());
        let choices = own.unwrap_or(&DURATIONS).iter().copied();
        let mut left: Vec<_> = choices.filter(|choice| *choice <= most).collect();
        if left.is_empty() {
            left.push(most);
        }
        left
    }

    /// The people who are known from the start.
    #[must_use]
    pub fn known_users(&self) -> Vec<User> {
        self.users.iter().map(|user| self.user(user)).collect()
    }

    fn user(&self, settings: &UserSettings) -> User {
        let mut user = User::new(settings.email.clone());
        user.role = settings.role.unwrap_or_else(|| self.role_of(&settings.email));
        user.groups.clone_from(&settings.groups);
        user.deactivated = settings.deactivated;
        if let Some(name) = &settings.name {
            user.name.clone_from(name);
        }
        let identity = |one: &super::IdentitySettings| Identity {
            kind: one.kind.clone(),
            external_id: one.external_id.clone(),
            value: one.value.clone(),
        };
        user.identities = settings.identities.iter().map(identity).collect();
        user
    }

    /// The role of somebody of whom nothing else is known: member by the domain of the mail address,
    /// else guest.
    #[must_use]
    pub fn role_of(&self, user: &UserId) -> Role {
        let domain = user.domain();
        let is_member = self.environment.domains.iter().any(|ours| Some(ours.as_str()) == domain);
        if is_member { Role::Member } else { Role::Guest }
    }

    /// Where the secret of this name is kept.
    #[must_use]
    pub fn secret(&self, name: &str) -> Option<&SecretRef> {
        self.secrets.get(name)
    }

    /// The secrets of this machine; relative paths of files start at the folder of the settings.
    #[must_use]
    pub fn secrets(&self) -> Secrets {
        Secrets::new(self.folder())
    }

    /// Whom flows may call.
    ///
    /// # Errors
    ///
    /// If nobody can be called at all.
    pub fn guarded(&self) -> Result<Guarded, ServiceError> {
        // Each is a host: the document was checked.
        let public = self.http.hosts.iter().filter_map(|host| Rule::public(host).ok());
        let private = self.http.private_hosts.iter().filter_map(|host| Rule::private(host).ok());
        Guarded::new(public.chain(private))
    }

    /// The folder of the document, where relative paths in it start.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.origin.folder()
    }

    /// What is allowed and probably not meant.
    #[must_use]
    pub fn warnings(&self) -> Vec<SettingsError> {
        let mut warnings = Vec::new();
        let is_admin = |user: &UserSettings| user.role == Some(Role::Admin) && !user.deactivated;
        if !self.users.iter().any(is_admin) {
            let hint = "give somebody under `[[users]]` the line `role = \"admin\"`".to_owned();
            let message = "nobody is an administrator".to_owned();
            warnings.push(self.origin.error("users", message, Some(hint)));
        }
        for (index, target) in self.targets.iter().enumerate() {
            let name = target.name.as_str();
            if !self.flows.iter().any(|flow| flow.targets.iter().any(|given| given == name)) {
                let hint = "add it to the `targets` of a flow".to_owned();
                let message = format!("no flow gives `{name}`");
                warnings.push(self.origin.error(
                    &format!("targets[{index}].name"),
                    message,
                    Some(hint),
                ));
            }
        }
        warnings
    }
}

impl FlowSettings {
    /// The settings of a flow of which nothing is written.
    #[must_use]
    pub fn new(name: FlowName) -> Self {
        Self {
            name,
            targets: Vec::new(),
            vars: Object::new(),
            allow_revoke: true,
            schedule_deescalation: true,
            include_decision_message: true,
            allow_guest_interaction: false,
            allowed_sources: AllowedSource::all(),
            max_duration: None,
            durations: Vec::new(),
            max_extensions: 2,
            reason: ReasonSettings::default(),
            fail: Fail::default(),
            admins_may_decide: false,
        }
    }
}

impl ReasonSettings {
    /// Checks a reason.
    ///
    /// # Errors
    ///
    /// What the requester is told: that there has to be one, or that it does not match.
    pub fn check(&self, reason: &str) -> Result<(), String> {
        if reason.trim().is_empty() {
            return if self.required { Err("say why you need it".to_owned()) } else { Ok(()) };
        }
        let Some(pattern) = &self.pattern else { return Ok(()) };
        // A pattern that does not compile was refused with the document.
        if regex_lite::Regex::new(pattern).is_ok_and(|regex| regex.is_match(reason)) {
            return Ok(());
        }
        Err(self.message.clone().unwrap_or_else(|| format!("the reason has to match `{pattern}`")))
    }
}

impl DirectorySettings {
    /// The members of a group; `None` if there is no such group.
    #[must_use]
    pub fn group(&self, name: &str) -> Option<&[UserId]> {
        members(&self.groups, name)
    }

    /// The members of a channel, by `#name`; `None` if there is no such channel.
    #[must_use]
    pub fn channel(&self, name: &str) -> Option<&[UserId]> {
        members(&self.channels, name)
    }

    /// Who is on call at this time by a schedule, each once; `None` if there is no such schedule.
    #[must_use]
    pub fn on_call(&self, schedule: &str, at: Timestamp) -> Option<Vec<&UserId>> {
        let schedule = self.schedules.iter().find(|one| one.name == schedule)?;
        let mut users: Vec<_> = schedule
            .shifts
            .iter()
            .filter(|shift| shift.covers(at))
            .map(|shift| &shift.user)
            .collect();
        users.sort();
        users.dedup();
        Some(users)
    }
}

fn members<'a>(groups: &'a [Group], name: &str) -> Option<&'a [UserId]> {
    groups.iter().find(|group| group.name == name).map(|group| group.members.as_slice())
}
