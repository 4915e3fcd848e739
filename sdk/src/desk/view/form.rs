//! The form of a flow, as it opens for somebody.

use serde::{Deserialize, Serialize};

use super::super::{Ask, Caller, Desk, Problem, command_id};
use crate::context::Call as Mode;
use crate::engine::{
    Answer, Command, CommandKind, FlowConfig, Input, Question, Run, may_not_ask, records,
};
use crate::flow::{Choice, Decision, Form, Query, TemplateKind};
use crate::model::{Duration, FlowName, Object, RunId, Step, TargetName};

/// A flow's form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FormView {
    /// Which flow.
    pub flow: FlowName,
    /// What may be asked for.
    pub targets: Vec<TargetView>,
    /// The durations that are offered; the first one is the default.
    pub durations: Vec<Duration>,
    /// Whether a reason is needed.
    pub reason_required: bool,
    /// A regular expression that the reason has to match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason_pattern: Option<String>,
    /// The flow's own fields.
    pub form: Form,
    /// Why the caller may not ask; `None`: they may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<String>,
}

/// A target as a form offers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TargetView {
    /// Its name.
    pub name: TargetName,
    /// What pages call it.
    pub label: String,
    /// What sort of thing it is.
    pub kind: String,
    /// The durations that are offered for it.
    pub durations: Vec<Duration>,
    /// The longest that access may last.
    pub longest: Duration,
}

impl Desk {
    /// The flows that the caller may ask for here, by name.
    pub async fn flows(&self, caller: &Caller) -> Vec<(FlowName, Vec<TargetView>)> {
        let mut flows = Vec::new();
        for (name, config) in &self.runner.environment.flows {
            let offered = config.table.template == TemplateKind::Access
                && config.sources.contains(&caller.channel.source)
                && may_not_ask(&caller.user).is_none();
            if offered && self.may_ask(caller, name).await {
                flows.push((name.clone(), self.targets(config)));
            }
        }
        flows
    }

    async fn may_ask(&self, caller: &Caller, flow: &FlowName) -> bool {
        let Some((command, run)) = self.draft(caller, &Ask::new(flow.clone())) else {
            return false;
        };
        let input = Input::Command(&command);
        let answered = self.runner.answer(&Question::MayAsk, &run, &input).await;
        // Where it cannot be found out, the form is shown: the engine checks again.
        !matches!(answered.answer, Ok(Answer::MayAsk(false)))
    }

    fn targets(&self, config: &FlowConfig) -> Vec<TargetView> {
        let targets = &self.runner.environment.targets;
        let view = |name: &TargetName| {
            let target = targets.get(name)?;
            Some(TargetView {
                name: name.clone(),
                label: target.label.clone(),
                kind: target.kind.clone(),
                durations: config.durations(Some(name)).to_vec(),
                longest: config.rules(Some(name)).max_duration,
            })
        };
        config.targets.iter().filter_map(view).collect()
    }

    /// The form of a flow as it opens, or as it stands after `changed` was answered.
    ///
    /// # Errors
    ///
    /// If there is no such flow, or it is not asked for here.
    pub async fn form(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        changed: Option<&str>,
    ) -> Result<FormView, Problem> {
        let Some(config) = self.runner.environment.flow(flow) else {
            return Err(Problem::new(404, "no_such_flow", format!("there is no flow `{flow}`")));
        };
        let ask = Ask { fields: answers.clone(), ..Ask::new(flow.clone()) };
        let drafted = self.draft(caller, &ask);
        let mut form = Form::new(config.table.fields, answers);
        let mut closed = may_not_ask(&caller.user).map(str::to_owned);
        if let (Some((command, run)), None) = (&drafted, &closed) {
            closed = self.closed(flow, command, run).await;
            self.fill(config, run, &mut form, changed).await;
        }
        Ok(FormView {
            flow: flow.clone(),
            targets: self.targets(config),
            durations: config.durations.clone(),
            reason_required: config.reason.required,
            reason_pattern: config.reason.pattern.clone(),
            form,
            closed,
        })
    }

    /// Why the form does not open.
    async fn closed(&self, flow: &FlowName, command: &Command, run: &Run) -> Option<String> {
        let input = Input::Command(command);
        if let Ok(Answer::MayAsk(false)) =
            self.runner.answer(&Question::MayAsk, run, &input).await.answer
        {
            return Some(format!("`{flow}` is not for you to ask for"));
        }
        match self.runner.answer(&Question::Hook(Step::Prompt), run, &input).await.answer {
            Ok(Answer::Decision(Some(
                Decision::Deny { reason: why } | Decision::Ignore { message: why },
            ))) => Some(why),
            Ok(_) | Err(_) => None,
        }
    }

    /// The choices and changes that the flow computes. One that fails leaves the plain field.
    async fn fill(&self, config: &FlowConfig, run: &Run, form: &mut Form, changed: Option<&str>) {
        let (runner, now, budget) =
            (&self.runner, self.runner.host.now(), self.runner.budgets.hook);
        if let Some(entry) = changed.and_then(|field| config.table.change_of(field)) {
            let event = runner.looking(run, now).await;
            let key = format!("{}/change", run.id);
            let said =
                runner.call(*entry, event, form.clone(), Mode::Deciding, key, now, budget).await;
            if let Ok(new) = said.0 {
                *form = new;
            }
        }
        for field in config.table.fields {
            if let Ok(Some(choices)) = self.computed(config, run, field.name, "").await
                && let Some(field) = form.field_mut(field.name)
            {
                field.choices = choices;
            }
        }
    }

    /// The choices of a field that fit what was typed in it, given the answers so far.
    ///
    /// # Errors
    ///
    /// If there is no such flow or field, the caller may not ask, or the flow's function fails.
    pub async fn choices(
        &self,
        caller: &Caller,
        flow: &FlowName,
        answers: &Object,
        field: &str,
        typed: &str,
    ) -> Result<Vec<Choice>, Problem> {
        let Some(config) = self.runner.environment.flow(flow) else {
            return Err(Problem::new(404, "no_such_flow", format!("there is no flow `{flow}`")));
        };
        let Some(declared) = config.table.field(field) else {
            let message = format!("`{flow}` has no field `{field}`");
            return Err(Problem::new(404, "no_such_field", message));
        };
        if let Some(why) = may_not_ask(&caller.user) {
            return Err(Problem::new(403, "may_not_ask", why));
        }
        let ask = Ask { fields: answers.clone(), ..Ask::new(flow.clone()) };
        if let Some((_, run)) = self.draft(caller, &ask) {
            match self.computed(config, &run, field, typed).await {
                Ok(Some(choices)) => return Ok(choices),
                Ok(None) => {}
                Err(failure) => return Err(Problem::new(503, "hook_failed", failure.message)),
            }
        }
        let typed = Query::new(typed);
        let fitting = declared.choices.iter().filter(|choice| typed.matches(choice));
        Ok(fitting.map(|&choice| choice.into()).collect())
    }

    async fn computed(
        &self,
        config: &FlowConfig,
        run: &Run,
        field: &str,
        typed: &str,
    ) -> Result<Option<Vec<Choice>>, crate::engine::Failure> {
        let Some(entry) = config.table.options_of(field) else { return Ok(None) };
        let (runner, now) = (&self.runner, self.runner.host.now());
        let event = runner.looking(run, now).await;
        let key = format!("{}/options", run.id);
        let budget = runner.budgets.hook;
        runner
            .call(*entry, event, Query::new(typed), Mode::Deciding, key, now, budget)
            .await
            .0
            .map(Some)
    }

    /// The run that the form would begin.
    pub(in crate::desk) fn draft(&self, caller: &Caller, ask: &Ask) -> Option<(Command, Run)> {
        let config = self.runner.environment.flow(&ask.flow)?;
        let target = ask.target.as_ref().or(config.targets.first());
        let target = target.and_then(|name| self.runner.environment.targets.get(name)).cloned();
        let now = self.runner.host.now();
        let run = RunId::from_parts(records::millis(now), self.runner.host.entropy());
        let request = crate::engine::Request {
            requester: caller.user.id.clone(),
            filed_by: None,
            target,
            duration: ask.duration,
            reason: ask.reason.clone(),
            fields: ask.fields.clone(),
            context: ask.context.clone(),
            channel: caller.channel.clone(),
            parent: None,
            extends: None,
            starts: None,
        };
        let kind = CommandKind::Request { flow: ask.flow.clone(), request: Box::new(request) };
        let id = command_id(&run, 0);
        let command =
            Command { id, run, at: now, by: caller.actor(), channel: caller.channel.clone(), kind };
        let drafted = self.runner.drafted(&command)?;
        Some((command, drafted))
    }
}
