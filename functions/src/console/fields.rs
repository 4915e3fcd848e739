//! The fields of forms: how they look, and what was typed in them.

use countersign::desk::FieldProblem;
use countersign::flow::{Field, FieldKind, FormField};
use countersign::model::{Object, User};
use maud::{Markup, html};
use serde_json::Value;

use super::body::Body;
use super::page::sentence;

/// More choices than this are looked for by typing.
const MANY: usize = 100;

/// A field that is to be shown.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    /// As the flow declares it.
    pub(super) spec: &'a Field,
    /// As it stands.
    pub(super) now: &'a FormField,
    /// What was typed; `None`: what stands there.
    pub(super) typed: Option<&'a Body>,
    /// What is wrong with it.
    pub(super) problem: Option<&'a FieldProblem>,
    /// Whether the form changes with it.
    pub(super) changes_form: bool,
}

/// The name of a field in a form.
pub(super) fn key(name: &str) -> String {
    format!("f.{name}")
}

/// What was typed, as answers. What cannot be read is passed on as it is, and refused with the
/// words that every surface has for it.
pub(super) fn answers(fields: &[Field], body: &Body) -> Object {
    let mut answers = Object::new();
    for field in fields {
        let key = key(field.name);
        let texts: Vec<_> = body.all(&key).filter(|text| !text.trim().is_empty()).collect();
        let answer = match (field.kind, texts.as_slice()) {
            (FieldKind::Bool, []) if body.has(&shown_key(field.name)) => Some(Value::Bool(false)),
            (_, []) => None,
            (kind, texts) if kind.is_list() => {
                let items = texts.iter().flat_map(|text| text.split([',', '\n']));
                let items = items.map(str::trim).filter(|item| !item.is_empty());
                Some(items.map(|item| read(kind.item(), item)).collect())
            }
            (kind, [text, ..]) => Some(read(kind, text)),
        };
        answers.extend(answer.map(|answer| (field.name.to_owned(), answer)));
    }
    answers
}

fn read(kind: FieldKind, text: &str) -> Value {
    kind.read(text).unwrap_or_else(|| text.into())
}

/// Says that a checkbox was there: browsers are silent about one that is not ticked.
fn shown_key(name: &str) -> String {
    format!("shown.{name}")
}

/// An answer as it is typed.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

impl Shown<'_> {
    /// What stands in it, each item of a list by itself.
    fn values(&self) -> Vec<String> {
        let key = key(self.spec.name);
        if let Some(body) = self.typed {
            return body.all(&key).map(str::to_owned).collect();
        }
        match &self.now.value {
            Value::Array(items) => items.iter().map(text).collect(),
            Value::Null => Vec::new(),
            value => vec![text(value)],
        }
    }

    fn id(&self) -> String {
        format!("f-{}", self.spec.name)
    }

    fn described_by(&self) -> Option<String> {
        described_by(&self.id(), self.spec.help.is_some(), self.problem.is_some())
    }

    pub(super) fn render(&self, people: &[User]) -> Markup {
        if !self.now.visible {
            return html! {
                @for value in self.values() {
                    input type="hidden" name=(key(self.spec.name)) value=(value);
                }
            };
        }
        let is_group = self.spec.kind.is_list() && !self.now.choices.is_empty();
        html! {
            @if is_group {
                fieldset.field id=(self.id()) aria-describedby=[self.described_by()] {
                    legend { (self.label()) }
                    (self.boxes())
                    (self.below())
                }
            } @else if self.spec.kind == FieldKind::Bool {
                div.field.tick {
                    (self.checkbox())
                    (self.below())
                }
            } @else {
                div.field {
                    label for=(self.id()) { (self.label()) }
                    (self.input(people))
                    (self.below())
                }
            }
        }
    }

    fn label(&self) -> Markup {
        html! { (self.now.label) @if !self.now.required { " " span.optional { "optional" } } }
    }

    fn below(&self) -> Markup {
        html! {
            @if self.changes_form {
                button.small.no-script name="do" value={ "changed:" (self.spec.name) } formnovalidate {
                    "Update the form"
                }
            }
            (below(&self.id(), self.spec.help, self.problem))
        }
    }

    fn checkbox(&self) -> Markup {
        let is_ticked = self.values().iter().any(|value| value == "true");
        html! {
            input type="hidden" name=(shown_key(self.spec.name)) value="1";
            label for=(self.id()) {
                input type="checkbox" id=(self.id()) name=(key(self.spec.name)) value="true"
                    checked[is_ticked] aria-describedby=[self.described_by()]
                    data-changes[self.changes_form];
                span { (self.now.label) }
            }
        }
    }

    fn boxes(&self) -> Markup {
        let values = self.values();
        html! {
            div.boxes {
                @for choice in &self.now.choices {
                    label {
                        input type="checkbox" name=(key(self.spec.name)) value=(choice.value)
                            checked[values.contains(&choice.value)]
                            data-changes[self.changes_form];
                        span { (choice.label) }
                    }
                }
            }
        }
    }

    fn input(&self, people: &[User]) -> Markup {
        let (id, name, changes) = (self.id(), key(self.spec.name), self.changes_form);
        let value = self.values().join(", ");
        let invalid = self.problem.map(|_| "true");
        let choices = &self.now.choices;
        if !choices.is_empty() && choices.len() <= MANY {
            return html! {
                select id=(id) name=(name) required[self.now.required] aria-invalid=[invalid]
                    aria-describedby=[self.described_by()] data-changes[changes] {
                    @if value.is_empty() || !self.now.required { option value="" { "Choose…" } }
                    @for choice in choices {
                        option value=(choice.value) selected[choice.value == value] { (choice.label) }
                    }
                }
            };
        }
        let (kind, mode) = match self.spec.kind {
            FieldKind::Int => ("text", Some("numeric")),
            FieldKind::User => ("email", None),
            _ => ("text", None),
        };
        let hint = self.spec.placeholder.or(match self.spec.kind {
            FieldKind::Duration => Some("1h30m"),
            FieldKind::User => Some("bo@acme.test"),
            FieldKind::StringList | FieldKind::IntList | FieldKind::UserList => {
                Some("separated by commas")
            }
            FieldKind::String | FieldKind::Int | FieldKind::Bool => None,
        });
        let is_person = self.spec.kind.item() == FieldKind::User;
        let list = (!choices.is_empty() || is_person).then(|| format!("{id}-list"));
        html! {
            input id=(id) type=(kind) name=(name) value=(value) required[self.now.required]
                inputmode=[mode] placeholder=[hint] list=[list.as_deref()] autocomplete="off"
                aria-invalid=[invalid] aria-describedby=[self.described_by()]
                data-changes[changes];
            @if let Some(list) = &list {
                datalist id=(list) {
                    @for choice in choices { option value=(choice.value) { (choice.label) } }
                    @if choices.is_empty() {
                        @for user in people { option value=(user.id) { (user.name) } }
                    }
                }
            }
        }
    }
}

/// Which texts below a field say more about it.
pub(super) fn described_by(id: &str, has_help: bool, has_problem: bool) -> Option<String> {
    let help = has_help.then(|| format!("{id}-help"));
    let error = has_problem.then(|| format!("{id}-error"));
    let ids: Vec<_> = [error, help].into_iter().flatten().collect();
    (!ids.is_empty()).then(|| ids.join(" "))
}

/// What is wrong with a field, and what it is for.
pub(super) fn below(id: &str, help: Option<&str>, problem: Option<&FieldProblem>) -> Markup {
    html! {
        @if let Some(problem) = problem {
            p.error id={ (id) "-error" } {
                (sentence(&problem.message))
                @if let Some(hint) = &problem.hint { " " (sentence(hint)) }
            }
        }
        @if let Some(help) = help { p.help id={ (id) "-help" } { (help) } }
    }
}
