//! A flow's table.

use super::fields::{Field, FieldError, Fields, same, validate};
use super::form::{Choice, Form, Query};
use super::identity::IdentityQuery;
use super::reply::{Decision, Objection, Refusal, Ruling};
use super::slot::Entry;
use super::template::TemplateKind;
use crate::approvers::{Approvers, People};
use crate::model::{Event, Object, Step};

/// How many fields a form may have.
pub const MOST_FIELDS: usize = 32;

/// Everything that is known about one flow before it runs: plain data, put together by
/// [`flow!`](macro@crate::flow) as a `const`. Slots that its template does not have are `None`.
#[derive(Debug)]
pub struct FlowDescriptor {
    /// Its name.
    pub name: &'static str,
    /// Its template.
    pub template: TemplateKind,
    /// The module that it is written in.
    pub module: &'static str,
    /// The fields of its form.
    pub fields: &'static [Field],
    /// Whether `event.fields` can be read as the struct that it declares.
    pub check_fields: fn(&Object) -> Result<(), String>,
    /// Whether `event.vars` can be read as the struct that it declares.
    pub check_vars: fn(&Object) -> Result<(), String>,
    /// Its reducers.
    pub reducers: Reducers,
    /// Its hooks.
    pub hooks: Hooks,
    /// Its actions.
    pub actions: Actions,
    /// Per field, what computes its choices.
    pub options: [Option<Entry<Vec<Choice>, Event, Query>>; MOST_FIELDS],
    /// Per field, what computes the form after it changed.
    pub changes: [Option<Entry<Form, Event, Form>>; MOST_FIELDS],
}

/// The reducers of a flow.
#[derive(Debug)]
pub struct Reducers {
    /// Who may decide; every flow of the template `Access` has it.
    pub get_approver: Option<Entry<Approvers>>,
    /// Who may ask.
    pub get_requester: Option<Entry<People>>,
    /// Who may look.
    pub get_viewer: Option<Entry<People>>,
    /// What a user is called in an integration.
    pub get_identity: Option<Entry<Option<String>, IdentityQuery>>,
}

/// The hooks of a flow. What each may say is its own type: see [`reply`](super::reply).
#[derive(Debug)]
pub struct Hooks {
    /// Before the form is shown.
    pub on_prompt: Option<Entry<Option<Decision>>>,
    /// Before a request is made.
    pub on_request: Option<Entry<Option<Decision>>>,
    /// Before the next approvers are asked.
    pub on_forward: Option<Entry<Option<Ruling>>>,
    /// Before a request expires.
    pub on_expiry: Option<Entry<Option<Ruling>>>,
    /// Before an approval counts.
    pub on_approval: Option<Entry<Option<Objection>>>,
    /// Before a denial counts.
    pub on_denial: Option<Entry<Option<Refusal>>>,
    /// Before access is given.
    pub on_escalate: Option<Entry<()>>,
    /// Before access is taken away.
    pub on_deescalate: Option<Entry<Option<Objection>>>,
}

/// The actions of a flow: see [`after`](Self::after).
#[derive(Debug)]
pub struct Actions {
    /// After the form was shown.
    pub after_prompt: Option<Entry<()>>,
    /// After a request was made, or a follow-up's answers came in.
    pub after_request: Option<Entry<()>>,
    /// After the next approvers were asked.
    pub after_forward: Option<Entry<()>>,
    /// After a request expired, or a follow-up got no answer.
    pub after_expiry: Option<Entry<()>>,
    /// After a request was approved.
    pub after_approval: Option<Entry<()>>,
    /// After a request was denied.
    pub after_denial: Option<Entry<()>>,
    /// After access was given.
    pub after_escalate: Option<Entry<()>>,
    /// After access was taken away.
    pub after_deescalate: Option<Entry<()>>,
}

impl Actions {
    /// The steps after which there is one.
    pub fn steps(&self) -> impl Iterator<Item = Step> {
        Step::ALL.into_iter().filter(|step| self.after(*step).is_some())
    }

    /// The action after a step.
    #[must_use]
    pub const fn after(&self, step: Step) -> Option<&Entry<()>> {
        match step {
            Step::Prompt => self.after_prompt.as_ref(),
            Step::Request => self.after_request.as_ref(),
            Step::Forward => self.after_forward.as_ref(),
            Step::Expiry => self.after_expiry.as_ref(),
            Step::Approval => self.after_approval.as_ref(),
            Step::Denial => self.after_denial.as_ref(),
            Step::Escalate => self.after_escalate.as_ref(),
            Step::Deescalate => self.after_deescalate.as_ref(),
        }
    }
}

impl FlowDescriptor {
    /// The field of this name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// What computes the choices of a field.
    #[must_use]
    pub fn options_of(&self, field: &str) -> Option<&Entry<Vec<Choice>, Event, Query>> {
        self.options.get(self.index_of(field)?)?.as_ref()
    }

    /// What computes the form after a field changed.
    #[must_use]
    pub fn change_of(&self, field: &str) -> Option<&Entry<Form, Event, Form>> {
        self.changes.get(self.index_of(field)?)?.as_ref()
    }

    /// Checks answers to the flow's form and fills in defaults: see [`validate`].
    ///
    /// # Errors
    ///
    /// All that is wrong.
    pub fn validate(&self, answers: &Object) -> Result<Object, Vec<FieldError>> {
        validate(self.fields, answers)
    }

    /// Stands in a program that does not compile for a flow that could not be written.
    #[doc(hidden)]
    pub const PLACEHOLDER: Self = Self {
        name: "",
        template: TemplateKind::Access,
        module: "",
        fields: &[],
        check_fields: <Nothing as Fields>::check,
        check_vars: <Nothing as Vars>::check,
        reducers: Reducers {
            get_approver: None,
            get_requester: None,
            get_viewer: None,
            get_identity: None,
        },
        hooks: Hooks {
            on_prompt: None,
            on_request: None,
            on_forward: None,
            on_expiry: None,
            on_approval: None,
            on_denial: None,
            on_escalate: None,
            on_deescalate: None,
        },
        actions: Actions {
            after_prompt: None,
            after_request: None,
            after_forward: None,
            after_expiry: None,
            after_approval: None,
            after_denial: None,
            after_escalate: None,
            after_deescalate: None,
        },
        options: [None; MOST_FIELDS],
        changes: [None; MOST_FIELDS],
    };

    fn index_of(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|it| it.name == field)
    }
}

/// The fields of a flow that declares none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

#[diagnostic::do_not_recommend]
impl Fields for Nothing {
    const FIELDS: &'static [Field] = &[];
}

/// What flow variables are read as: any struct that implements [`serde::Deserialize`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be filled from the settings",
    label = "put `#[derive(Deserialize)]` on `{Self}`"
)]
pub trait Vars {
    /// Whether it can be read from this.
    fn check(vars: &Object) -> Result<(), String>;
}

#[diagnostic::do_not_recommend]
impl<T: serde::de::DeserializeOwned> Vars for T {
    fn check(vars: &Object) -> Result<(), String> {
        check::<T>(vars)
    }
}

/// Whether a `T` can be read from this.
pub(super) fn check<T: serde::de::DeserializeOwned>(object: &Object) -> Result<(), String> {
    let value = serde_json::Value::Object(object.clone());
    serde_json::from_value::<T>(value).map(drop).map_err(|error| error.to_string())
}

/// For a `const`, where its panic is a compile error.
///
/// # Panics
///
/// If two flows share a name, or one has that of a built-in flow.
#[track_caller]
pub const fn assert_unique_names(flows: &[&FlowDescriptor]) {
    let mut index = 0;
    while index < flows.len() {
        assert_new_name(flows, index);
        index += 1;
    }
}

/// For a `const`, where its panic is a compile error. [`flows!`](macro@crate::flows) calls it for
/// each flow of the list.
///
/// # Panics
///
/// If the flow at this index has the name of one before it, or of a built-in flow.
#[track_caller]
pub const fn assert_new_name(flows: &[&FlowDescriptor], index: usize) {
    let (mut before, rest) = flows.split_at(index);
    let [flow, ..] = rest else { return };
    assert!(
        !same(flow.name, super::incident_follow_up::FLOW.name),
        "`incident_follow_up` is the name of the built-in flow: give this one another"
    );
    while let [other, tail @ ..] = before {
        let is_written = !flow.name.is_empty();
        assert!(
            !(is_written && same(flow.name, other.name)),
            "two flows have the same name: rename one of them"
        );
        before = tail;
    }
}
