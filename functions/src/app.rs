//! A program: the flows and strategies that `main!` lists.

use countersign::engine::{
    Environment, Fail, FlowConfig, Limits, ReasonRule, Rules, StrategyConfig,
};
use countersign::flow::{FlowDescriptor, HandlerError, TemplateKind};
use countersign::model::{Integration, Object, Source, Srn, TargetName};
use countersign::strategy::{ApprovalOnly, DirectoryGroup, Groups, Registered, Setup, Strategy};
use std::collections::BTreeMap;
use std::sync::Arc;

use countersign_integrations::{Secrets, StrategyKind};

use crate::directory;
use crate::settings::{self, FlowFacts, FlowSettings, Settings, SettingsError, StrategySettings};
use crate::strategies::http::Http;

/// What `main!` lists.
#[derive(Debug, Clone, Copy)]
pub struct App {
    /// The flows.
    pub flows: &'static [&'static FlowDescriptor],
    /// The strategies of one's own.
    pub strategies: &'static [Registered],
    /// The name of the program.
    pub name: &'static str,
    /// Its version, kept with each run that it begins.
    pub version: &'static str,
}

/// What strategies work with.
#[derive(Debug, Clone)]
pub struct Tools {
    /// The directory's own groups.
    pub groups: Arc<dyn Groups>,
    /// What they read their secrets through.
    pub secrets: Secrets,
}

/// The types of strategies that every program has.
pub fn built_in() -> impl Iterator<Item = &'static str> {
    let of_systems = countersign_integrations::strategies().iter().map(|strategy| strategy.kind);
    ["directory_group", "approval_only", Http::TYPE].into_iter().chain(of_systems)
}

impl App {
    /// Whether the settings fit this program: all that is wrong.
    #[must_use]
    pub fn check(&self, settings: &Settings) -> Vec<SettingsError> {
        let mut types: Vec<_> = built_in().collect();
        types.extend(self.strategies.iter().map(|strategy| strategy.kind));
        settings.check_flows(&self.facts(), &types)
    }

    fn facts(&self) -> Vec<FlowFacts> {
        let built_in = countersign::flow::BUILT_IN.iter();
        let fact = |flow: &&'static FlowDescriptor| FlowFacts {
            name: flow.name.to_owned(),
            is_follow_up: flow.template == TemplateKind::FollowUp,
            check_vars: flow.check_vars,
        };
        self.flows.iter().chain(built_in).map(fact).collect()
    }

    /// The environment that the settings describe, with this program's flows and strategies.
    ///
    /// # Errors
    ///
    /// Everything that cannot work, at once.
    pub fn environment(
        &self,
        settings: &Settings,
        tools: &Tools,
    ) -> Result<Environment, Vec<String>> {
        let mut wrong: Vec<_> = self.check(settings).iter().map(ToString::to_string).collect();
        let mut strategies = BTreeMap::new();
        for strategy in &settings.strategies {
            match self.open(settings, strategy, tools) {
                Ok(config) => drop(strategies.insert(strategy.name.clone(), config)),
                Err(error) => wrong.push(format!("strategy `{}`: {error}", strategy.name)),
            }
        }
        wrong.extend(directory::stand_ins(settings).err().unwrap_or_default());
        wrong.extend(shared_groups(settings));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let names = settings.targets.iter().map(|target| target.name.clone());
        let target = |name: TargetName| Some((name.clone(), settings.target(name.as_str())?));
        let environment = Environment {
            org: settings.environment.org.clone(),
            name: settings.environment.name.clone(),
            version: self.version.to_owned(),
            zone: settings.time_zone(),
            flows: self.flows.iter().filter_map(|table| config(table, settings)).collect(),
            targets: names.filter_map(target).collect(),
            strategies,
        };
        Ok(environment.with_built_in())
    }

    fn open(
        &self,
        settings: &Settings,
        strategy: &StrategySettings,
        tools: &Tools,
    ) -> Result<StrategyConfig, String> {
        let named = strategy.integration.as_ref().and_then(|name| settings.integration(name));
        let kinds = countersign_integrations::strategies();
        let of_system = kinds.iter().find(|kind| kind.kind == strategy.kind);
        if let Some(kind) = of_system {
            belongs(kind, named.as_ref())?;
        }
        let integration = match named {
            Some(integration) => integration,
            None => own_integration(settings, strategy)?,
        };
        let setup = Setup { integration: integration.clone(), settings: strategy.settings.clone() };
        let strategy: Arc<dyn Strategy> = match strategy.kind.as_str() {
            "directory_group" => Arc::new(DirectoryGroup::new(tools.groups.clone())),
            "approval_only" => Arc::new(ApprovalOnly),
            Http::TYPE => {
                let http = Http::open(&setup, tools.secrets.clone());
                Arc::new(http.map_err(|error| error.to_string())?)
            }
            kind => match of_system {
                Some(of_system) => (of_system.open)(&setup, &tools.secrets),
                None => self.open_own(kind, &setup),
            }
            .map_err(|error| error.to_string())?,
        };
        Ok(StrategyConfig { strategy, integration })
    }

    /// Opens a strategy of the program's own.
    fn open_own(&self, kind: &str, setup: &Setup) -> Result<Arc<dyn Strategy>, HandlerError> {
        let registered = self.strategies.iter().find(|registered| registered.kind == kind);
        let nobody =
            || HandlerError::new("Strategy:UNKNOWN", format!("nothing serves the type `{kind}`"));
        (registered.ok_or_else(nobody)?.open)(setup)
    }
}

/// A strategy of a system belongs to an integration of that system.
fn belongs(kind: &StrategyKind, integration: Option<&Integration>) -> Result<(), String> {
    let StrategyKind { kind, integration: needed, .. } = kind;
    match integration {
        Some(integration) if integration.kind == *needed => Ok(()),
        Some(Integration { name, kind: other, .. }) => Err(format!(
            "the type `{kind}` needs an integration of type `{needed}`, and `{name}` is of type `{other}`"
        )),
        None => Err(format!(
            "the type `{kind}` needs an integration: write `integration = \"..\"` with the name of one of type `{needed}`"
        )),
    }
}

/// Access is counted per target, so no two targets of this kind stand for the same group: the end of
/// the one would take away the other.
fn shared_groups(settings: &Settings) -> Vec<String> {
    let kind = |name: &str| settings.strategy(name).map(|strategy| strategy.kind.as_str());
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut wrong = Vec::new();
    for target in &settings.targets {
        if target.strategy.as_deref().and_then(kind) != Some("directory_group") {
            continue;
        }
        let name = target.name.as_str();
        let group = target.settings.get("group").and_then(|group| group.as_str()).unwrap_or(name);
        if let Some(other) = seen.insert(group.to_owned(), name) {
            wrong.push(format!(
                "targets: `{other}` and `{name}` both stand for the group `{group}`; give each a group of its own"
            ));
        }
    }
    wrong
}

/// A strategy without an integration has one of its own: identities belong somewhere.
fn own_integration(
    settings: &Settings,
    strategy: &StrategySettings,
) -> Result<Integration, String> {
    let (org, kind, name) = (&settings.environment.org, &strategy.kind, &strategy.name);
    let srn = Srn::parse(&format!("{org}:integration:{kind}:{name}:latest"))
        .map_err(|error| error.to_string())?;
    Ok(Integration {
        name: name.to_string(),
        kind: kind.clone(),
        external_id: name.to_string(),
        settings: Object::new(),
        srn,
    })
}

fn config(
    table: &'static FlowDescriptor,
    settings: &Settings,
) -> Option<(countersign::model::FlowName, FlowConfig)> {
    let flow = settings.flow(table.name)?;
    let targets: Vec<_> =
        flow.targets.iter().filter_map(|name| TargetName::parse(name.as_str()).ok()).collect();
    let limits = |name: &TargetName| {
        let durations = settings.durations(table.name, name.as_str());
        let longest = settings.max_duration(table.name, name.as_str());
        (name.clone(), Limits { durations, longest })
    };
    let limits: BTreeMap<_, _> = targets.iter().map(limits).collect();
    let longest = limits.values().map(|limits| limits.longest).max();
    let mut config = FlowConfig::new(table);
    if !flow.durations.is_empty() {
        config.durations.clone_from(&flow.durations);
    }
    config.rules = rules(flow, longest);
    config.targets = targets;
    config.limits = limits;
    config.vars.clone_from(&flow.vars);
    if table.template == TemplateKind::Access {
        config.sources = flow.allowed_sources.iter().map(|source| Source::from(*source)).collect();
    }
    config.reason = ReasonRule {
        required: flow.reason.required,
        pattern: flow.reason.pattern.clone(),
        message: flow.reason.message.clone(),
    };
    Some((flow.name.clone(), config))
}

fn rules(flow: &FlowSettings, longest: Option<countersign::model::Duration>) -> Rules {
    let default = Rules::default();
    Rules {
        allow_revoke: flow.allow_revoke,
        schedule_deescalation: flow.schedule_deescalation,
        include_decision_message: flow.include_decision_message,
        allow_guest_interaction: flow.allow_guest_interaction,
        admins_may_decide: flow.admins_may_decide,
        max_duration: flow.max_duration.or(longest).unwrap_or(default.max_duration),
        max_extensions: flow.max_extensions,
        fail: match flow.fail {
            settings::Fail::Ask => Fail::Ask,
            settings::Fail::Deny => Fail::Deny,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Format;

    #[test]
    fn two_targets_of_one_group_are_refused() {
        let text = r#"
            [environment]
            name = "local"
            org = "acme"
            [[strategies]]
            name = "groups"
            type = "directory_group"
            [[targets]]
            name = "one"
            strategy = "groups"
            settings = { group = "x" }
            [[targets]]
            name = "x"
            strategy = "groups"
        "#;
        let settings = Settings::parse(text, Format::Toml, "settings.toml").unwrap();
        assert_eq!(
            shared_groups(&settings),
            ["targets: `one` and `x` both stand for the group `x`; give each a group of its own"],
        );
    }
}
