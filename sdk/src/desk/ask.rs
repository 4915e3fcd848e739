//! A request as it comes in, and what is wrong with it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Caller, FieldProblem, MAX_CONTEXT, Problem, check_text};
use crate::engine::{Environment, FlowConfig, Request};
use crate::flow::TemplateKind;
use crate::model::{Duration, FlowName, Object, Source, Target, TargetName, Timestamp, UserId};

/// What somebody asks for: the same on every surface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// By which flow.
    pub flow: FlowName,
    /// For what. May be left out where the flow has only one target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<TargetName>,
    /// For how long, counted from the grant. Left out: the first duration that the form offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<Duration>,
    /// Why.
    #[serde(default)]
    pub reason: String,
    /// The answers to the flow's own fields.
    #[serde(default)]
    pub fields: Object,
    /// Any JSON, for the flow's functions: a ticket, a Terraform diff.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub context: Value,
    /// For whom, by mail address; left out: for the caller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requester: Option<UserId>,
    /// When it is to begin; left out: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts: Option<Timestamp>,
}

/// Access that ends sooner than this is not given.
const SHORTEST: Duration = Duration::seconds(6);

impl Ask {
    /// A request with nothing but a flow.
    #[must_use]
    pub fn new(flow: FlowName) -> Self {
        Self {
            flow,
            target: None,
            duration: None,
            reason: String::new(),
            fields: Object::new(),
            context: Value::Null,
            requester: None,
            starts: None,
        }
    }

    /// As the engine takes it.
    ///
    /// # Errors
    ///
    /// All that is wrong with it.
    pub(super) fn check(
        &self,
        environment: &Environment,
        caller: &Caller,
    ) -> Result<Request, Problem> {
        let config = self.flow(environment, caller.channel.source)?;
        let mut wrong = Vec::new();
        let target = keep(self.target(environment, config), &mut wrong).flatten();
        let duration = keep(self.duration(config, target.as_ref()), &mut wrong).flatten();
        wrong.extend(self.reason_problem(config));
        let fields = match config.table.validate(&self.fields) {
            Ok(fields) => fields,
            Err(errors) => {
                wrong.extend(errors.into_iter().map(|error| FieldProblem {
                    field: format!("fields.{}", error.field),
                    message: error.message,
                    hint: error.hint,
                }));
                Object::new()
            }
        };
        let context_size = self.context.to_string().len();
        if context_size > MAX_CONTEXT {
            let message = format!("it has {context_size} bytes; at most {MAX_CONTEXT} are taken");
            wrong.push(FieldProblem::new("context", message, "attach a link instead"));
        }
        if !wrong.is_empty() {
            return Err(Problem::fields(wrong));
        }
        let requester = self.requester.clone().unwrap_or_else(|| caller.user.id.clone());
        Ok(Request {
            filed_by: (requester != caller.user.id).then(|| caller.user.id.clone()),
            requester,
            target,
            duration,
            reason: self.reason.trim().to_owned(),
            fields,
            context: self.context.clone(),
            channel: caller.channel.clone(),
            parent: None,
            extends: None,
            starts: self.starts,
        })
    }

    fn flow<'a>(
        &self,
        environment: &'a Environment,
        source: Source,
    ) -> Result<&'a FlowConfig, Problem> {
        let Some(config) = environment.flow(&self.flow) else {
            let names: Vec<_> = environment.flows.keys().map(FlowName::as_str).collect();
            let hint = format!("the flows are: {}", names.join(", "));
            let message = format!("there is no flow `{}`", self.flow);
            let fields = vec![FieldProblem::new("flow", message.clone(), hint.clone())];
            let problem = Problem::new(404, "no_such_flow", message).hint(hint);
            return Err(Problem { fields, ..problem });
        };
        if config.table.template == TemplateKind::FollowUp || !config.sources.contains(&source) {
            let message = format!("`{}` is not asked for by `{source}`", self.flow);
            let names: Vec<_> = config.sources.iter().map(|source| source.as_str()).collect();
            let hint = match names.as_slice() {
                [] => "it is started by other flows only".to_owned(),
                names => format!("it is asked for by: {}", names.join(", ")),
            };
            return Err(Problem::new(403, "source_not_allowed", message).hint(hint));
        }
        Ok(config)
    }

    fn target(
        &self,
        environment: &Environment,
        config: &FlowConfig,
    ) -> Result<Option<Target>, FieldProblem> {
        let names: Vec<_> = config.targets.iter().map(TargetName::as_str).collect();
        let one_of = || format!("one of: {}", names.join(", "));
        let name = match (&self.target, config.targets.as_slice()) {
            (Some(name), targets) if targets.contains(name) => name,
            (None, [only]) => only,
            (None, []) => return Ok(None),
            (Some(name), []) => {
                let message = format!("`{}` has no targets, so not `{name}` either", self.flow);
                return Err(FieldProblem::new("target", message, "leave it out"));
            }
            (Some(name), _) => {
                let message = format!("`{name}` is no target of `{}`", self.flow);
                return Err(FieldProblem::new("target", message, one_of()));
            }
            (None, _) => return Err(FieldProblem::new("target", "it is missing", one_of())),
        };
        let unknown = || {
            let message = format!("`{name}` is not among the settings' targets");
            FieldProblem::new("target", message, "tell whoever runs Countersign")
        };
        environment.targets.get(name).cloned().map(Some).ok_or_else(unknown)
    }

    fn duration(
        &self,
        config: &FlowConfig,
        target: Option<&Target>,
    ) -> Result<Option<Duration>, FieldProblem> {
        let name = target.map(|target| &target.name);
        let longest = config.rules(name).max_duration;
        let grants = target.is_some_and(|target| target.strategy.is_some());
        let offered = config.durations(name).first().copied();
        let duration = match self.duration {
            Some(duration) => duration,
            None if grants => return Ok(Some(offered.unwrap_or(Duration::HOUR).min(longest))),
            None => return Ok(None),
        };
        if duration > longest {
            let message = format!("{duration} is longer than the {longest} that are allowed");
            return Err(FieldProblem::new("duration", message, format!("at most {longest}")));
        }
        if duration < SHORTEST {
            let message = format!("{duration} is too short to give access and take it away");
            return Err(FieldProblem::new("duration", message, format!("at least {SHORTEST}")));
        }
        Ok(Some(duration))
    }

    fn reason_problem(&self, config: &FlowConfig) -> Option<FieldProblem> {
        let reason = self.reason.trim();
        if let Err(problem) = check_text("reason", reason) {
            return Some(problem);
        }
        if reason.is_empty() {
            let problem =
                || FieldProblem::new("reason", "it is missing", "say what the access is for");
            return config.reason.required.then(problem);
        }
        let pattern = config.reason.pattern.as_ref()?;
        let fits = regex_lite::Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(reason));
        let message = || {
            config
                .reason
                .message
                .clone()
                .unwrap_or_else(|| format!("it does not match `{pattern}`"))
        };
        (!fits)
            .then(|| FieldProblem::new("reason", message(), format!("it has to match `{pattern}`")))
    }
}

fn keep<T>(result: Result<T, FieldProblem>, wrong: &mut Vec<FieldProblem>) -> Option<T> {
    result.map_err(|problem| wrong.push(problem)).ok()
}
