//! The systems that people are kept in, and which of them a name belongs to.

use countersign::approvers::OrgChart;
use countersign::context::ServiceError;
use countersign::model::Integration;
use countersign_integrations::github::GitHub;
use countersign_integrations::google::Google;
use countersign_integrations::okta::Okta;
use countersign_integrations::onelogin::OneLogin;
use countersign_integrations::pagerduty::PagerDuty;
use countersign_integrations::slack::Slack;
use countersign_integrations::{Managers, Secrets};

use crate::settings::Settings;

/// The systems that people are kept in.
#[derive(Debug)]
pub(super) struct Systems {
    pub(super) github: Vec<System<GitHub>>,
    google: Vec<System<Google>>,
    pub(super) okta: Vec<System<Okta>>,
    onelogin: Vec<System<OneLogin>>,
    pub(super) pagerduty: Vec<System<PagerDuty>>,
    pub(super) slack: Vec<System<Slack>>,
}

/// One integration, with what asks its system; `None` where that has no secret.
#[derive(Debug)]
pub(super) struct System<C> {
    pub(super) integration: Integration,
    client: Result<Option<C>, ServiceError>,
}

/// Who answers for a name.
pub(super) enum Place<'a, C> {
    /// A system, which calls it so.
    Real(&'a Integration, &'a C, &'a str),
    /// `[directory]` of the settings, under this name.
    Settings(&'a str),
}

type Open<C> = fn(&Integration, &Secrets) -> Result<Option<C>, ServiceError>;

impl Systems {
    pub(super) fn open(settings: &Settings, secrets: &Secrets) -> Self {
        Self {
            github: all("github", GitHub::open, settings, secrets),
            google: all("google", Google::open, settings, secrets),
            okta: all("okta", Okta::open, settings, secrets),
            onelogin: all("onelogin", OneLogin::open, settings, secrets),
            pagerduty: all("pagerduty", PagerDuty::open, settings, secrets),
            slack: all("slack", Slack::open, settings, secrets),
        }
    }
}

impl Systems {
    /// The directories of a type that know who is whose manager.
    pub(super) fn managers(
        &self,
        chart: OrgChart,
    ) -> Result<Vec<(&Integration, &dyn Managers)>, ServiceError> {
        match chart {
            OrgChart::Okta => managers(&self.okta),
            OrgChart::Google => managers(&self.google),
            OrgChart::OneLogin => managers(&self.onelogin),
        }
    }
}

fn managers<C: Managers>(
    systems: &[System<C>],
) -> Result<Vec<(&Integration, &dyn Managers)>, ServiceError> {
    let directory = |(integration, client)| (integration, client as &dyn Managers);
    Ok(real(systems)?.into_iter().map(directory).collect())
}

fn all<C>(kind: &str, open: Open<C>, settings: &Settings, secrets: &Secrets) -> Vec<System<C>> {
    let system = |integration: Integration| {
        let client = open(&integration, secrets);
        System { integration, client }
    };
    settings.integrations_of(kind).into_iter().map(system).collect()
}

/// Those of a type that can be asked.
///
/// # Errors
///
/// If the settings of one are wrong.
pub(super) fn real<C>(systems: &[System<C>]) -> Result<Vec<(&Integration, &C)>, ServiceError> {
    let mut real = Vec::new();
    for System { integration, client } in systems {
        match client {
            Ok(Some(client)) => real.push((integration, client)),
            Ok(None) => {}
            Err(error) => return Err(error.clone()),
        }
    }
    Ok(real)
}

/// Who answers for a name: of several systems of one type, the one whose integration's name stands
/// before a slash, as in `okta-eu/data-security`.
///
/// # Errors
///
/// If nobody can tell which, or its settings are wrong.
pub(super) fn place<'a, C>(
    systems: &'a [System<C>],
    name: &'a str,
) -> Result<Place<'a, C>, ServiceError> {
    let named = name.split_once('/').and_then(|(of, rest)| {
        let system = systems.iter().find(|system| system.integration.name == of);
        system.map(|system| (system, rest))
    });
    let (system, name) = match (named, systems) {
        (Some(named), _) => named,
        (None, []) => return Ok(Place::Settings(name)),
        (None, [only]) => (only, name),
        (None, several) if several.iter().all(|system| matches!(system.client, Ok(None))) => {
            return Ok(Place::Settings(name));
        }
        (None, several) => return Err(unclear(several, name)),
    };
    match &system.client {
        Ok(Some(client)) => Ok(Place::Real(&system.integration, client, name)),
        Ok(None) => Ok(Place::Settings(name)),
        Err(error) => Err(error.clone()),
    }
}

fn unclear<C>(systems: &[System<C>], name: &str) -> ServiceError {
    let kind = systems.first().map_or("", |system| system.integration.kind.as_str());
    let each = systems.iter().map(|system| format!("`{}/{name}`", system.integration.name));
    let hint = format!("write {}", each.collect::<Vec<_>>().join(" or "));
    let what = format!("there are several integrations of type `{kind}`: which one has `{name}`?");
    ServiceError::lasting(kind, what, hint)
}

/// The integrations that `[directory]` of the settings answers for, since they have no secret, by name;
/// and what is wrong with the settings of the others.
///
/// # Errors
///
/// What is wrong, each with the name of its integration.
pub fn stand_ins(settings: &Settings) -> Result<Vec<String>, Vec<String>> {
    let systems = Systems::open(settings, &settings.secrets());
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    look(&systems.okta, &mut names, &mut wrong);
    look(&systems.pagerduty, &mut names, &mut wrong);
    look(&systems.slack, &mut names, &mut wrong);
    if wrong.is_empty() { Ok(names) } else { Err(wrong) }
}

fn look<C>(systems: &[System<C>], names: &mut Vec<String>, wrong: &mut Vec<String>) {
    for System { integration, client } in systems {
        match client {
            Ok(Some(_)) => {}
            Ok(None) => names.push(integration.name.clone()),
            Err(error) => wrong.push(format!("integration `{}`: {}", integration.name, error.what)),
        }
    }
}
