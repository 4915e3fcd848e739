//! What a flow's functions are told.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::model::{Channel, Duration, FlowName, Object, RunId, Step, Target, Timestamp, User};

/// One thing that happens in a run, as a flow's functions see it: plain data, fixed when the
/// function was called.
///
/// ```
/// # use countersign::model::Event;
/// fn is_for_storage(event: &Event) -> bool {
///     event.target().kind() == "s3"
/// }
/// ```
#[derive(Debug, Clone)]
pub struct Event {
    /// See [`step`](Self::step).
    pub step: Step,
    /// See [`user`](Self::user).
    pub user: User,
    /// See [`requester`](Self::requester).
    pub requester: User,
    /// See [`target`](Self::target).
    pub target: Option<Target>,
    /// See [`duration`](Self::duration).
    pub duration: Option<Duration>,
    /// See [`reason`](Self::reason).
    pub reason: String,
    /// See [`fields`](Self::fields).
    pub fields: Object,
    /// See [`vars`](Self::vars).
    pub vars: Object,
    /// See [`flow`](Self::flow).
    pub flow: FlowInfo,
    /// See [`run`](Self::run).
    pub run: RunInfo,
    /// See [`channel`](Self::channel).
    pub channel: Channel,
    /// See [`at`](Self::at).
    pub at: Timestamp,
    /// See [`message`](Self::message).
    pub message: Option<String>,
}

/// The flow that an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowInfo {
    /// Its name.
    pub name: FlowName,
    /// The version under which the run was begun.
    pub version: String,
}

/// The run that an event is about, as it stood before the event.
#[derive(Debug, Clone)]
pub struct RunInfo {
    /// Its id.
    pub id: RunId,
    /// When it was asked for.
    pub created: Timestamp,
    /// The run that started this one, or that this one extends.
    pub parent: Option<RunId>,
    /// See [`actor`](Self::actor).
    pub actors: BTreeMap<Step, User>,
    /// See [`context`](Self::context).
    pub contexts: BTreeMap<Step, Value>,
    /// See [`step_output`](Self::step_output).
    pub outputs: BTreeMap<Step, Value>,
}

/// A value that is not there, or not of the type that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("{what} cannot be read as `{wanted}`: {why}")]
pub struct NotThere {
    what: String,
    wanted: &'static str,
    why: String,
}

impl Event {
    /// Which step this is about.
    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    /// Who caused it: the requester in `on_request`, the approver in `on_approval`.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// Who asked for access.
    #[must_use]
    pub const fn requester(&self) -> &User {
        &self.requester
    }

    /// What access is asked for. A flow without targets is given an empty one, of the kind `none`.
    #[must_use]
    pub fn target(&self) -> &Target {
        static NONE: std::sync::OnceLock<Option<Target>> = std::sync::OnceLock::new();
        let none = || {
            let name = crate::model::TargetName::parse("none").ok()?;
            let settings = Object::new();
            Some(Target {
                name,
                kind: "none".into(),
                label: String::new(),
                strategy: None,
                settings,
            })
        };
        match (&self.target, NONE.get_or_init(none)) {
            (Some(target), _) | (None, Some(target)) => target,
            (None, None) => unreachable!("`none` is a name"),
        }
    }

    /// For how long.
    #[must_use]
    pub const fn duration(&self) -> Option<Duration> {
        self.duration
    }

    /// Why it is asked for, in the requester's words.
    #[must_use]
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What the approver said, where this is a decision.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// The answers to the flow's form, as the struct that the flow declares.
    ///
    /// # Errors
    ///
    /// If `T` is not the struct that the flow declares.
    pub fn fields<T: DeserializeOwned>(&self) -> Result<T, NotThere> {
        read("the form", Value::Object(self.fields.clone()))
    }

    /// The flow's variables, from the settings, as the struct that the flow declares.
    ///
    /// # Errors
    ///
    /// If `T` is not the struct that the flow declares.
    pub fn vars<T: DeserializeOwned>(&self) -> Result<T, NotThere> {
        read("the variables", Value::Object(self.vars.clone()))
    }

    /// The flow.
    #[must_use]
    pub const fn flow(&self) -> &FlowInfo {
        &self.flow
    }

    /// The run, as it stood before this event.
    #[must_use]
    pub const fn run(&self) -> &RunInfo {
        &self.run
    }

    /// Where it came from.
    #[must_use]
    pub const fn channel(&self) -> &Channel {
        &self.channel
    }

    /// When.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

impl RunInfo {
    /// Who caused a step; `None` if it has not happened. Access is given and taken away in the name
    /// of whoever approved it.
    #[must_use]
    pub fn actor(&self, step: Step) -> Option<&User> {
        self.actors.get(&step)
    }

    /// The JSON that came with a step, such as an API caller's `context`; `None` if it has not
    /// happened.
    #[must_use]
    pub fn context(&self, step: Step) -> Option<&Value> {
        self.contexts.get(&step)
    }

    /// What a step left behind, such as the answer of a strategy's `escalate`; `None` if nothing.
    ///
    /// # Errors
    ///
    /// If it cannot be read as a `T`.
    pub fn step_output<T: DeserializeOwned>(&self, step: Step) -> Result<Option<T>, NotThere> {
        self.outputs
            .get(&step)
            .map(|output| read(&format!("the output of `{step}`"), output.clone()))
            .transpose()
    }
}

fn read<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, NotThere> {
    serde_json::from_value(value).map_err(|error| NotThere {
        what: what.to_owned(),
        wanted: std::any::type_name::<T>(),
        why: error.to_string(),
    })
}
