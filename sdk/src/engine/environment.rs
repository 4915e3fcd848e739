//! One deployment: its flows with their settings, targets and strategies.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::rules::Rules;
use crate::flow::{FlowDescriptor, TemplateKind, incident_follow_up};
use crate::model::{
    Duration, FlowName, Integration, Object, Source, StrategyName, Target, TargetName,
};
use crate::strategy::Strategy;

/// One deployment, as the settings describe it.
#[derive(Debug)]
pub struct Environment {
    /// The organization, as it stands in resource names.
    pub org: String,
    /// Its own name.
    pub name: String,
    /// The version of the program, kept with each run that it begins.
    pub version: String,
    /// Where "tomorrow, nine o'clock" is.
    pub zone: jiff::tz::TimeZone,
    /// The flows, by name. The built-in ones are always there.
    pub flows: BTreeMap<FlowName, FlowConfig>,
    /// The targets, by name.
    pub targets: BTreeMap<TargetName, Target>,
    /// The strategies, by name.
    pub strategies: BTreeMap<StrategyName, StrategyConfig>,
}

/// A flow with its settings.
#[derive(Debug, Clone)]
pub struct FlowConfig {
    /// Its functions.
    pub table: &'static FlowDescriptor,
    /// Its rules.
    pub rules: Rules,
    /// What may be asked for; empty: it is for approvals only.
    pub targets: Vec<TargetName>,
    /// Its variables.
    pub vars: Object,
    /// The durations that are offered, at most eight; the first one is the default.
    pub durations: Vec<Duration>,
    /// Where a target has durations of its own.
    pub limits: BTreeMap<TargetName, Limits>,
    /// Where it may be asked for.
    pub sources: Vec<Source>,
    /// What is expected of a reason.
    pub reason: ReasonRule,
}

/// How long access to a target may last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// The durations that are offered, at most eight; the first one is the default.
    pub durations: Vec<Duration>,
    /// The longest.
    pub longest: Duration,
}

/// What is expected of a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReasonRule {
    /// Whether there has to be one.
    pub required: bool,
    /// A regular expression that it has to match somewhere.
    pub pattern: Option<String>,
    /// What the requester is told where it does not.
    pub message: Option<String>,
}

impl Default for ReasonRule {
    fn default() -> Self {
        Self { required: true, pattern: None, message: None }
    }
}

/// A strategy with its integration.
#[derive(Debug, Clone)]
pub struct StrategyConfig {
    /// What it does.
    pub strategy: Arc<dyn Strategy>,
    /// Where identities of its users belong.
    pub integration: Integration,
}

impl Environment {
    /// The flow of this name.
    #[must_use]
    pub fn flow(&self, name: &FlowName) -> Option<&FlowConfig> {
        self.flows.get(name)
    }

    /// Adds the flows that every environment has.
    #[must_use]
    pub fn with_built_in(mut self) -> Self {
        if let Ok(name) = FlowName::parse(incident_follow_up::FLOW.name) {
            self.flows.entry(name).or_insert_with(|| FlowConfig::new(&incident_follow_up::FLOW));
        }
        self
    }
}

impl FlowConfig {
    /// A flow with nothing but defaults. A follow-up is started by other flows only.
    #[must_use]
    pub fn new(table: &'static FlowDescriptor) -> Self {
        let sources = match table.template {
            TemplateKind::Access => vec![Source::Slack, Source::Web, Source::Cli, Source::Api],
            TemplateKind::FollowUp => Vec::new(),
        };
        Self {
            table,
            rules: Rules::default(),
            targets: Vec::new(),
            vars: Object::new(),
            durations: vec![Duration::minutes(30), Duration::HOUR, Duration::hours(4)],
            limits: BTreeMap::new(),
            sources,
            reason: ReasonRule::default(),
        }
    }

    /// The durations that are offered for a target.
    #[must_use]
    pub fn durations(&self, target: Option<&TargetName>) -> &[Duration] {
        target
            .and_then(|target| self.limits.get(target))
            .map_or(&self.durations, |limits| &limits.durations)
    }

    /// The rules for a request for a target.
    #[must_use]
    pub fn rules(&self, target: Option<&TargetName>) -> Rules {
        let own = target.and_then(|target| self.limits.get(target)).map(|limits| limits.longest);
        let max_duration =
            own.map_or(self.rules.max_duration, |own| own.min(self.rules.max_duration));
        Rules { max_duration, ..self.rules.clone() }
    }
}
