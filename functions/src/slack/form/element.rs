//! The element that a field is answered in.

use countersign::flow::{Choice, Field, FieldKind, FlowDescriptor, FormField};
use serde_json::{Value, json};

use super::super::blocks::{cut, label, option};
use super::{FIELD, People, put};

/// More choices than this do not fit into a list, and are looked for by typing.
pub(in super::super) const MANY: usize = 100;

/// The longest value of a choice.
const LONGEST: usize = 150;

/// A field that is to be shown.
pub(in super::super) struct Spec<'a> {
    /// As the flow declares it.
    pub(in super::super) declared: &'static Field,
    /// As it stands.
    pub(in super::super) now: &'a FormField,
    pub(in super::super) table: &'static FlowDescriptor,
}

impl Spec<'_> {
    /// Whether it is a box to tick, which is answered in any case.
    pub(super) fn is_tick(&self) -> bool {
        self.now.kind() == FieldKind::Bool
    }

    /// Whether its choices are computed, and looked for while typing.
    fn is_computed(&self) -> bool {
        self.table.options_of(self.declared.name).is_some()
    }

    fn offers(&self) -> bool {
        let fits = |choice: &Choice| (1..=LONGEST).contains(&choice.value.chars().count());
        (self.is_computed() || !self.now.choices.is_empty()) && self.now.choices.iter().all(fits)
    }

    /// What stands in it, each item of a list by itself.
    fn values(&self) -> Vec<String> {
        match &self.now.value {
            Value::Array(items) => items.iter().map(text).collect(),
            Value::Null => Vec::new(),
            value => vec![text(value)],
        }
    }
}

/// An answer as it is typed.
pub(in super::super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// The element of a field.
pub(in super::super) fn element(spec: &Spec<'_>, people: &People<'_>) -> Value {
    let kind = spec.now.kind();
    let mut element = if kind != FieldKind::Bool && spec.offers() {
        list(spec)
    } else {
        match kind {
            FieldKind::Bool => ticks(spec),
            FieldKind::User | FieldKind::UserList => persons(spec, people),
            FieldKind::Int => number(spec),
            FieldKind::String
            | FieldKind::Duration
            | FieldKind::StringList
            | FieldKind::IntList => line(spec),
        }
    };
    put(&mut element, "action_id", FIELD);
    element
}

fn ticks(spec: &Spec<'_>) -> Value {
    let yes = option("true", "Yes");
    let mut ticks = json!({ "type": "checkboxes", "options": [yes] });
    if spec.now.value == Value::Bool(true) {
        put(&mut ticks, "initial_options", json!([yes]));
    }
    ticks
}

fn list(spec: &Spec<'_>) -> Value {
    let (choices, many) = (&spec.now.choices, spec.now.kind().is_list());
    let is_long = spec.is_computed() || choices.len() > MANY;
    let kind = match (is_long, many) {
        (false, false) => "static_select",
        (false, true) => "multi_static_select",
        (true, false) => "external_select",
        (true, true) => "multi_external_select",
    };
    let mut list = json!({ "type": kind, "placeholder": label("Choose or search") });
    if is_long {
        put(&mut list, "min_query_length", 0);
    } else {
        let all: Vec<_> = choices.iter().map(|it| option(&it.value, &it.label)).collect();
        put(&mut list, "options", all);
    }
    let offered = |value: &String| {
        let choice = choices.iter().find(|it| it.value == *value);
        match choice {
            Some(choice) => Some(option(&choice.value, &choice.label)),
            // Choices that are looked for are not all known; one that is none any more is refused
            // when the form is sent.
            None if is_long && (1..=LONGEST).contains(&value.chars().count()) => {
                Some(option(value, value))
            }
            None => None,
        }
    };
    let chosen: Vec<_> = spec.values().iter().filter_map(offered).collect();
    match (many, chosen.as_slice()) {
        (_, []) => {}
        (true, _) => put(&mut list, "initial_options", chosen),
        (false, [first, ..]) => put(&mut list, "initial_option", first.clone()),
    }
    list
}

fn persons(spec: &Spec<'_>, people: &People<'_>) -> Value {
    let known: Vec<_> = spec.values().iter().filter_map(|mail| people(mail)).collect();
    let mut list = json!({ "placeholder": label("Choose or search") });
    if spec.now.kind().is_list() {
        put(&mut list, "type", "multi_users_select");
        if !known.is_empty() {
            put(&mut list, "initial_users", known);
        }
    } else {
        put(&mut list, "type", "users_select");
        if let Some(first) = known.into_iter().next() {
            put(&mut list, "initial_user", first);
        }
    }
    list
}

fn number(spec: &Spec<'_>) -> Value {
    let mut number = json!({ "type": "number_input", "is_decimal_allowed": false });
    let field = spec.declared;
    if field.least != i64::MIN {
        put(&mut number, "min_value", field.least.to_string());
    }
    if field.most != i64::MAX {
        put(&mut number, "max_value", field.most.to_string());
    }
    filled(spec, &mut number);
    number
}

fn line(spec: &Spec<'_>) -> Value {
    let mut line = json!({ "type": "plain_text_input", "max_length": 2_000 });
    filled(spec, &mut line);
    line
}

/// What stands in a line, and the example where nothing does.
fn filled(spec: &Spec<'_>, line: &mut Value) {
    let example = spec.declared.placeholder.or(match spec.now.kind() {
        FieldKind::Duration => Some("1h30m"),
        FieldKind::StringList | FieldKind::IntList | FieldKind::UserList => {
            Some("separated by commas")
        }
        FieldKind::String | FieldKind::Int | FieldKind::Bool | FieldKind::User => None,
    });
    if let Some(example) = example {
        put(line, "placeholder", super::plain(&cut(example, 150)));
    }
    let value = text(&spec.now.value);
    if !value.is_empty() {
        put(line, "initial_value", value);
    }
}
