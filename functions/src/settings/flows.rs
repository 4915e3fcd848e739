//! The settings held against the program: its flows and its strategies.

use countersign::model::Object;

use super::document::{FlowSettings, Settings};
use super::error::{SettingsError, in_order};
use super::nearest::{did_you_mean, known_words};

/// What the settings have to fit to, of one compiled flow.
#[derive(Debug, Clone)]
pub struct FlowFacts {
    /// Its name.
    pub name: String,
    /// Whether it is a follow-up: it gives nothing, and needs no settings.
    pub is_follow_up: bool,
    /// Says what is wrong with its variables.
    pub check_vars: fn(&Object) -> Result<(), String>,
}

/// Nobody has to register it: it grants nothing.
pub(super) const APPROVAL_ONLY: &str = "approval_only";

impl Settings {
    /// What does not fit between these settings and a program of these flows and strategy types, in
    /// the order of the document.
    #[must_use]
    pub fn check_flows(&self, flows: &[FlowFacts], strategy_types: &[&str]) -> Vec<SettingsError> {
        let mut errors = Vec::new();
        for (index, settings) in self.flows.iter().enumerate() {
            let at = format!("flows[{index}]");
            match flows.iter().find(|facts| facts.name == settings.name.as_str()) {
                Some(facts) => self.check_flow(&at, settings, facts, &mut errors),
                None => errors.push(self.no_such_flow(&at, settings, flows)),
            }
        }
        let unset = flows.iter().filter(|facts| self.flow(&facts.name).is_none());
        errors.extend(unset.filter_map(|facts| self.without_settings(facts)));
        let strategies = 0..self.strategies.len();
        errors.extend(strategies.filter_map(|index| self.check_strategy(index, strategy_types)));
        in_order(&mut errors);
        errors
    }

    fn check_flow(
        &self,
        at: &str,
        settings: &FlowSettings,
        facts: &FlowFacts,
        errors: &mut Vec<SettingsError>,
    ) {
        let name = &facts.name;
        if let Err(wrong) = (facts.check_vars)(&settings.vars) {
            let message = format!("the variables do not fit flow `{name}`: {wrong}");
            errors.push(self.origin.error(&format!("{at}.vars"), message, None));
        }
        let field = format!("{at}.targets");
        if facts.is_follow_up && !settings.targets.is_empty() {
            let message = format!("flow `{name}` is a follow-up, which gives nothing");
            let hint = Some("take `targets` away".to_owned());
            errors.push(self.origin.error(&field, message, hint));
        }
        if !facts.is_follow_up && settings.targets.is_empty() {
            let message = format!("flow `{name}` has no target to give");
            let hint = Some(format!("write `targets = [{}]`", self.some_target()));
            errors.push(self.origin.error(&field, message, hint));
        }
    }

    fn check_strategy(&self, index: usize, types: &[&str]) -> Option<SettingsError> {
        let kind = self.strategies.get(index)?.kind.as_str();
        let known: Vec<_> = types.iter().copied().chain([APPROVAL_ONLY]).collect();
        if known.contains(&kind) {
            return None;
        }
        let hint = did_you_mean(kind, known.iter().copied()).unwrap_or_else(|| {
            let register = "register a type of your own in `main!(strategies: [..])`";
            let known = known_words(kind, &known).unwrap_or_default();
            format!("{known}; {register}")
        });
        let message = format!("no strategy type `{kind}` is in this program");
        Some(self.origin.error(&format!("strategies[{index}].type"), message, Some(hint)))
    }

    fn no_such_flow(
        &self,
        at: &str,
        settings: &FlowSettings,
        flows: &[FlowFacts],
    ) -> SettingsError {
        let name = settings.name.as_str();
        let known: Vec<_> = flows.iter().map(|facts| facts.name.as_str()).collect();
        let hint = known_words(name, &known)
            .unwrap_or_else(|| "list its module in `main!(flows: [..])`".to_owned());
        let message = format!("no flow `{name}` is in this program");
        self.origin.error(&format!("{at}.name"), message, Some(hint))
    }

    /// What is wrong with a compiled flow that has no settings.
    fn without_settings(&self, facts: &FlowFacts) -> Option<SettingsError> {
        let name = &facts.name;
        if !facts.is_follow_up {
            let target = self.some_target();
            let message = format!("flow `{name}` is in this program and has no settings");
            let hint = format!("write `[[flows]]`, `name = \"{name}\"`, `targets = [{target}]`");
            return Some(self.origin.error("flows", message, Some(hint)));
        }
        let wrong = (facts.check_vars)(&Object::new()).err()?;
        let message = format!("flow `{name}` needs variables and has no settings: {wrong}");
        let hint = format!("write `[[flows]]`, `name = \"{name}\"`, `vars = {{ .. }}`");
        Some(self.origin.error("flows", message, Some(hint)))
    }

    /// A target to show in an example.
    fn some_target(&self) -> String {
        let name = self.targets.first().map_or("..", |target| target.name.as_str());
        format!("\"{name}\"")
    }
}
