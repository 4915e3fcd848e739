//! The form of a flow as a modal.
//!
//! The id of a block is the name of what is answered in it, and after a `@` what it depends on: where
//! that changes, the block is a new one, so that Slack does not keep an answer that is no choice any
//! more. What somebody typed elsewhere stays.

mod element;

use std::collections::BTreeMap;

use countersign::desk::{FieldProblem, FormView, TargetView};
use countersign::engine::FlowConfig;
use countersign::model::{Duration, FlowName, Object, Target, TargetName};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::blocks::{Modal, context, cut, escape, label, option, plain, section};
use super::reply::sentence;
use super::words;

pub(super) use element::{MANY, Spec, element};

/// The modal in which access is asked for.
pub(super) const CALLBACK: &str = "cs_request";
pub(super) const TARGET: &str = "cs_target";
pub(super) const DURATION: &str = "cs_duration";
pub(super) const REASON: &str = "cs_reason";
pub(super) const FIELD: &str = "cs_field";

/// What a form carries along: ids, and nothing that anybody decides by.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Meta {
    /// The flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) flow: Option<FlowName>,
    /// The channel in which it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) channel: Option<String>,
    /// The run that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) run: Option<countersign::model::RunId>,
}

impl Meta {
    pub(super) fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }

    pub(super) fn text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// How far a form is filled in.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Filled {
    pub(super) target: Option<TargetName>,
    pub(super) duration: Option<Duration>,
    pub(super) reason: String,
    pub(super) fields: Object,
}

/// What somebody with a mail address is called in this workspace.
pub(super) type People<'a> = dyn Fn(&str) -> Option<String> + Sync + 'a;

/// A form as it is to be shown.
pub(super) struct Form<'a> {
    pub(super) config: &'a FlowConfig,
    pub(super) view: &'a FormView,
    pub(super) filled: &'a Filled,
    /// All that there is to get access to.
    pub(super) targets: &'a BTreeMap<TargetName, Target>,
    /// What is missing, or cannot be right, in what was typed with the command.
    pub(super) problems: &'a [FieldProblem],
    /// Who will be asked, as far as it is known.
    pub(super) asked: &'a str,
    pub(super) channel: Option<&'a str>,
    /// The ids of people in this workspace.
    pub(super) people: &'a People<'a>,
}

impl Form<'_> {
    pub(super) fn modal(&self) -> Value {
        let meta = Meta {
            flow: Some(self.view.flow.clone()),
            channel: self.channel.map(str::to_owned),
            run: None,
        };
        let is_open = self.view.closed.is_none();
        Modal {
            callback: CALLBACK,
            title: "Ask for access",
            submit: is_open.then_some("Ask"),
            metadata: meta.text(),
            blocks: self.blocks(),
        }
        .view()
    }

    fn blocks(&self) -> Vec<Value> {
        let mut blocks = Vec::new();
        if let Some(header) = &self.view.form.header {
            blocks.push(section(&escape(header)));
        }
        if let Some(why) = &self.view.closed {
            blocks.push(section(&format!(":no_entry: {}", sentence(why))));
            return blocks;
        }
        if !self.problems.is_empty() {
            let lines = self.problems.iter().map(|problem| self.problem(problem));
            let lines: Vec<_> = lines.collect();
            blocks.push(section(&format!(":pencil2: *Not sent yet.*\n{}", lines.join("\n"))));
        }
        blocks.extend(self.target());
        blocks.extend(self.fields());
        blocks.extend(self.duration());
        blocks.push(self.reason());
        if !self.asked.is_empty() {
            blocks.push(context(self.asked));
        }
        blocks
    }

    fn problem(&self, problem: &FieldProblem) -> String {
        let name = match problem.field.as_str() {
            "target" => "Access to",
            "duration" => "For how long",
            "reason" => "Reason",
            other => {
                let field = other.strip_prefix("fields.").unwrap_or(other);
                self.view.form.field(field).map_or(field, |field| field.label.as_str())
            }
        };
        format!("• *{}*: {}", escape(name), sentence(&problem.message))
    }

    fn chosen(&self) -> Option<&TargetView> {
        let chosen = self.filled.target.as_ref();
        let found = self.view.targets.iter().find(|target| Some(&target.name) == chosen);
        found.or(match self.view.targets.as_slice() {
            [only] => Some(only),
            _ => None,
        })
    }

    fn target(&self) -> Option<Value> {
        let targets = &self.view.targets;
        match targets.as_slice() {
            [] => None,
            [only] => Some(section(&format!("*Access to* {}", escape(&only.label)))),
            _ => {
                let chosen = self.filled.target.as_ref().and_then(|_| self.chosen());
                let initial = chosen.map(|it| option(it.name.as_str(), &it.label));
                let mut list = if targets.len() > MANY {
                    json!({ "type": "external_select", "min_query_length": 0 })
                } else {
                    let all = targets.iter().map(|it| option(it.name.as_str(), &it.label));
                    json!({ "type": "static_select", "options": all.collect::<Vec<_>>() })
                };
                put(&mut list, "action_id", TARGET);
                put(&mut list, "placeholder", label("Choose or search"));
                if let Some(initial) = initial {
                    put(&mut list, "initial_option", initial);
                }
                Some(input("target", "Access to", &list, Is { dispatched: true, ..Is::default() }))
            }
        }
    }

    fn duration(&self) -> Option<Value> {
        let target = self.chosen();
        let offered = target.map_or(&self.view.durations, |target| &target.durations);
        if offered.is_empty() || !self.grants() {
            return None;
        }
        let typed = self.filled.duration;
        let mut offered: Vec<_> = offered.iter().copied().take(8).collect();
        // Whoever typed one of their own within what is allowed keeps it.
        let longest = match target {
            Some(target) => Some(target.longest),
            None => self.view.targets.iter().map(|target| target.longest).max(),
        };
        if let Some(typed) = typed
            && !offered.contains(&typed)
            && longest.is_some_and(|longest| typed <= longest)
        {
            offered.truncate(7);
            offered.push(typed);
        }
        let chosen = typed.filter(|typed| offered.contains(typed)).or(offered.first().copied())?;
        let one = |it: Duration| option(&it.to_string(), &words::duration(it));
        let list = json!({
            "type": "static_select",
            "action_id": DURATION,
            "options": offered.iter().copied().map(one).collect::<Vec<_>>(),
            "initial_option": one(chosen),
        });
        let names: Vec<_> = offered.iter().map(Duration::to_string).collect();
        let id = depending("duration", &names.join(" "));
        let hint = Some("Counted from when access is there.");
        Some(input(&id, "For how long", &list, Is { hint, ..Is::default() }))
    }

    /// Whether access is given, and not only an approval.
    fn grants(&self) -> bool {
        let gives = |name| self.targets.get(name).is_some_and(|it: &Target| it.strategy.is_some());
        match self.chosen() {
            Some(target) => gives(&target.name),
            None => self.view.targets.iter().any(|target| gives(&target.name)),
        }
    }

    fn reason(&self) -> Value {
        let mut text = json!({
            "type": "plain_text_input",
            "action_id": REASON,
            "multiline": true,
            "max_length": 2_000,
            "placeholder": plain("What will this access be used for?"),
        });
        if !self.filled.reason.is_empty() {
            put(&mut text, "initial_value", cut(&self.filled.reason, 2_000));
        }
        let (hint, optional) = (self.config.reason.message.as_deref(), !self.view.reason_required);
        input("reason", "Reason", &text, Is { hint, optional, ..Is::default() })
    }

    fn fields(&self) -> Vec<Value> {
        let table = self.config.table;
        let shown = self.view.form.fields.iter().filter(|field| field.visible);
        let spec =
            |field| Some(Spec { declared: table.field(self::name(field))?, now: field, table });
        let specs = shown.filter_map(spec);
        specs.map(|spec| self.field(&spec)).collect()
    }

    fn field(&self, spec: &Spec<'_>) -> Value {
        let name = spec.declared.name;
        let typed = self.filled.fields.get(name);
        let is_changed = typed.is_some_and(|typed| *typed != spec.now.value);
        let choices: Vec<_> = spec.now.choices.iter().map(|it| it.value.as_str()).collect();
        let mut depends = choices.join("\u{1f}");
        if is_changed {
            depends = format!("{depends}\u{1e}{}", spec.now.value);
        }
        let is = Is {
            hint: spec.declared.help,
            optional: !spec.now.required || spec.is_tick(),
            dispatched: table_changes(spec),
        };
        input(
            &depending(&format!("f.{name}"), &depends),
            &spec.now.label,
            &element(spec, self.people),
            is,
        )
    }
}

fn table_changes(spec: &Spec<'_>) -> bool {
    spec.table.change_of(spec.declared.name).is_some()
}

fn name(field: &countersign::flow::FormField) -> &str {
    field.name()
}

/// How a field is asked for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Is<'a> {
    pub(super) hint: Option<&'a str>,
    pub(super) optional: bool,
    /// Whether we are told when it changes.
    pub(super) dispatched: bool,
}

pub(super) fn input(id: &str, name: &str, element: &Value, is: Is<'_>) -> Value {
    let mut block = json!({
        "type": "input",
        "block_id": id,
        "label": plain(&cut(name, 2_000)),
        "element": element,
        "optional": is.optional,
        "dispatch_action": is.dispatched,
    });
    if let Some(hint) = is.hint {
        put(&mut block, "hint", plain(&cut(hint, 2_000)));
    }
    block
}

pub(super) fn put(object: &mut Value, name: &str, value: impl Into<Value>) {
    if let Some(object) = object.as_object_mut() {
        object.insert(name.to_owned(), value.into());
    }
}

/// The id of a block that is a new one where what it depends on changes.
pub(super) fn depending(name: &str, on: &str) -> String {
    if on.is_empty() {
        return name.to_owned();
    }
    let hash = countersign::engine::sha256_text(on);
    format!("{name}@{}", hash.as_str().get(..8).unwrap_or_default())
}

/// The name in the id of a block.
pub(super) fn named(block: &str) -> &str {
    block.split('@').next().unwrap_or(block)
}
