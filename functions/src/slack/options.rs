//! Choices that are looked for while somebody types.

use countersign::flow::{Choice, Query};
use countersign::model::FlowName;
use serde_json::{Value, json};

use super::ask::FLOW;
use super::blocks::option;
use super::form::{MANY, Meta, TARGET, named};
use super::payload::{Done, View};
use super::reply::{Reply, SOON};
use super::workspace::Workspace;

impl Workspace {
    /// What fits what was typed so far; nothing if it cannot be found out.
    pub(super) async fn options(&self, done: Done, block: &str) -> Reply {
        let Some(view) = &done.view else { return offered(&[]) };
        let typed = done.value.clone().unwrap_or_default();
        let action = done.action_id.clone().unwrap_or_default();
        let looking = self.choices(&done, view, block, &action, &typed);
        let Ok(choices) = tokio::time::timeout(SOON, looking).await else {
            tracing::warn!(action, "choices could not be found out in time");
            return offered(&[]);
        };
        offered(&choices.unwrap_or_default())
    }

    async fn choices(
        &self,
        done: &Done,
        view: &View,
        block: &str,
        action: &str,
        typed: &str,
    ) -> Option<Vec<Choice>> {
        let query = Query::new(typed);
        let meta = Meta::read(&view.private_metadata);
        let known = self.who_looks(&done.user.id, meta.channel.as_deref()).await.ok()?;
        if action == FLOW {
            let flows = self.forms().flows(&known.caller).await.ok()?;
            let names = flows.into_iter().map(|(name, _)| name.to_string());
            return Some(names.filter(|name| query.matches(name)).map(Choice::from).collect());
        }
        let flow: FlowName = meta.flow?;
        let config = self.desk().runner.environment.flow(&flow)?;
        if action == TARGET {
            let targets = &self.desk().runner.environment.targets;
            let targets = config.targets.iter().filter_map(|name| targets.get(name));
            let fits = targets.filter(|it| query.matches(&format!("{} {}", it.label, it.name)));
            return Some(fits.map(|it| Choice::new(it.name.as_str(), &it.label)).collect());
        }
        let field = named(block).strip_prefix("f.")?;
        let read = self.read(config, &view.state).await.ok()?;
        let answers = &read.filled.fields;
        let choices = self.forms().choices(&known.caller, &flow, answers, field, typed).await;
        choices.inspect_err(|problem| tracing::warn!(%flow, field, "no choices: {problem}")).ok()
    }
}

/// As many as Slack takes; whoever types on sees the others.
fn offered(choices: &[Choice]) -> Reply {
    let fits = |choice: &&Choice| (1..=150).contains(&choice.value.chars().count());
    let options = choices.iter().filter(fits).take(MANY);
    let options: Vec<Value> = options.map(|it| option(&it.value, &it.label)).collect();
    Reply::body(json!({ "options": options }))
}
