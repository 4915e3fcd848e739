//! Evaluates a policy: a tree walker over the arenas of its files. Expressions are in
//! `expressions`, `calls` and `loops`, operators in `operators`, statements in `statements`, names in
//! `scopes`, imports in `modules`.

mod calls;
mod equality;
mod expressions;
mod folding;
mod format;
mod loops;
mod modules;
mod operators;
mod patterns;
mod scopes;
mod statements;

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::{ExprId, File, Name, place, size};
use crate::failure::{At, Failed, FailureKind, Run, fail};
use crate::heap::Heap;
use crate::outcome::{Outcome, RuleTrace, Verdict};
use crate::policy::Setup;
use crate::value::{Data, Value};
use modules::{Imported, Instance};
use scopes::Scope;

pub(crate) use format::float_g;

/// Where an expression is evaluated: in which file, and in which scope of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Env {
    pub(crate) instance: u16,
    /// [`TOP`] or a scope.
    pub(crate) scope: u32,
}

/// The scope of a file's own names.
pub(crate) const TOP: u32 = u32::MAX;

/// How deep data may nest for what walks over it.
pub(crate) const DATA_DEPTH: u32 = 200;

#[derive(Debug)]
struct Rule {
    instance: u16,
    scope: u32,
    at: u32,
    expr: u32,
    when: Option<ExprId>,
    body: ExprId,
    name: Option<Name>,
    state: RuleState,
}

#[derive(Clone, Copy, Debug)]
enum RuleState {
    New,
    Running,
    Done(Value),
}

#[derive(Debug)]
pub(crate) struct Machine<'a> {
    pub(crate) heap: Heap,
    pub(crate) setup: &'a Setup,
    instances: Vec<Instance>,
    imported: Vec<Imported>,
    by_path: HashMap<Box<str>, u16>,
    scopes: Vec<Scope>,
    /// How often something took hold of a scope.
    captures: u64,
    rules: Vec<Rule>,
    depth: u32,
    stack_base: usize,
    printed: String,
    patterns: HashMap<Box<[u8]>, regex::bytes::Regex>,
    now: Option<Value>,
    /// How many calls were made by HTTP.
    pub(crate) calls: u32,
}

impl<'a> Machine<'a> {
    pub(crate) fn new(setup: &'a Setup) -> Self {
        Self {
            heap: Heap::new(&setup.limits),
            setup,
            instances: Vec::new(),
            imported: Vec::new(),
            by_path: HashMap::new(),
            scopes: Vec::new(),
            captures: 0,
            rules: Vec::new(),
            depth: 0,
            stack_base: stack_address(),
            printed: String::new(),
            patterns: HashMap::new(),
            now: None,
            calls: 0,
        }
    }

    /// Evaluates the policy and tells how it went.
    pub(crate) fn run(mut self, file: &Arc<File>) -> Outcome {
        let mut value = None;
        let verdict = self.decide(file).and_then(|decided| {
            value = Some(decided);
            self.verdict(decided)
        });
        let verdict = verdict.unwrap_or_else(|failed| Verdict::Failed(self.failure(*failed)));
        let rules = self.traces();
        Outcome {
            verdict,
            value: value.map_or(Data::Undefined, |value| self.data(value, DATA_DEPTH)),
            rules,
            printed: std::mem::take(&mut self.printed),
            description: file.description.to_string(),
            steps: self.heap.meter.used(),
        }
    }

    /// The value of an expression after the policy has run, for tests of the language.
    pub(crate) fn decide(&mut self, file: &Arc<File>) -> Run<Value> {
        let instance = self.load(file, true)?;
        let Some(name) = file.named("main") else {
            return fail("there is no rule `main`");
        };
        match self.global(instance, name) {
            Some(Value::Rule(rule)) => self.force(rule),
            Some(value) => Ok(value),
            None => fail("there is no rule `main`"),
        }
    }

    /// What the value of `main` means.
    fn verdict(&self, value: Value) -> Run<Verdict> {
        #[allow(clippy::float_cmp)]
        let passed = match value {
            Value::Undefined(at) => return Ok(Verdict::Undefined(self.position(at))),
            Value::Bool(value) => value,
            Value::Int(value) => value == 0,
            Value::Float(value) => value == 0.0,
            Value::Literal { .. } | Value::Text(_) => {
                self.heap.bytes(value).is_some_and(<[u8]>::is_empty)
            }
            Value::List(id) => self.heap.list(id).is_empty(),
            Value::Map(id) => self.heap.entries(id).is_empty(),
            _ => {
                let message = format!(
                    "`main` is a {}: it must be a bool, string, number, list or map",
                    value.type_name()
                );
                return fail(message);
            }
        };
        Ok(if passed { Verdict::Passed } else { Verdict::Denied })
    }

    fn failure(&self, failed: Failed) -> crate::failure::Failure {
        crate::failure::Failure {
            kind: failed.kind,
            message: failed.message,
            position: failed.at.map(|at| self.position(at)),
        }
    }

    pub(crate) fn position(&self, at: At) -> crate::source::Position {
        match self.heap.files.get(usize::from(at.instance)) {
            Some(file) => file.source.position(at.offset),
            None => crate::source::Position { file: "".into(), offset: 0, line: 1, column: 1 },
        }
    }

    /// The named rules of the policy itself that were evaluated, `main` first.
    fn traces(&mut self) -> Vec<RuleTrace> {
        let mut traces = Vec::new();
        for at in 0..self.rules.len() {
            let Some(rule) = self.rules.get(at) else { continue };
            let (RuleState::Done(value), Some(name), 0) = (rule.state, rule.name, rule.instance)
            else {
                continue;
            };
            let Some(file) = self.heap.files.first().cloned() else { continue };
            traces.push(RuleTrace {
                name: file.name(name).to_owned(),
                description: file
                    .comments
                    .get(&rule.expr)
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                position: file.source.position(rule.at),
                value: self.data(value, DATA_DEPTH),
            });
        }
        traces.sort_by(|a, b| (a.name != "main", &a.name).cmp(&(b.name != "main", &b.name)));
        traces
    }

    /// A value as data, for showing: functions and what is too deep are named in words.
    pub(crate) fn data(&self, value: Value, depth: u32) -> Data {
        // As many values as there may be, or nearly.
        let mut budget = size(self.setup.limits.memory / 200);
        self.data_within(value, depth, &mut budget)
    }

    fn data_within(&self, value: Value, depth: u32, budget: &mut u32) -> Data {
        *budget = budget.saturating_sub(1);
        if depth == 0 || *budget == 0 {
            return Data::Text("..".to_owned());
        }
        match value {
            Value::Undefined(_) => Data::Undefined,
            Value::Null => Data::Null,
            Value::Bool(value) => Data::Bool(value),
            Value::Int(value) => Data::Int(value),
            Value::Float(value) => Data::Float(value),
            Value::Literal { .. } | Value::Text(_) => {
                let text = self.heap.text(value).unwrap_or_default();
                *budget = budget.saturating_sub(size(text.len() / 16));
                Data::Text(text)
            }
            Value::List(id) => {
                let list = self.heap.list(id).iter();
                Data::List(list.map(|item| self.data_within(*item, depth - 1, budget)).collect())
            }
            Value::Map(id) => {
                let mut map = Vec::new();
                for (key, value) in self.heap.entries(id) {
                    map.push((self.brief(*key), self.data_within(*value, depth - 1, budget)));
                }
                Data::Map(map)
            }
            Value::Function(_)
            | Value::Builtin(_)
            | Value::Method { .. }
            | Value::Rule(_)
            | Value::Object(_)
            | Value::Import(_) => Data::Text(self.brief(value)),
        }
    }

    /// One level deeper: into an expression, a statement or a call.
    fn enter(&mut self) -> Run<()> {
        let limits = &self.setup.limits;
        let used = stack_address().abs_diff(self.stack_base);
        if self.depth >= limits.depth || used > limits.stack {
            return Err(Failed::new(
                FailureKind::Limit,
                "the policy calls too deeply: functions within functions, or rules within rules",
            ));
        }
        self.depth += 1;
        Ok(())
    }

    pub(crate) fn print(&mut self, text: &str) -> Run<()> {
        self.heap.meter.print(text.len() + 1)?;
        self.printed.push_str(text);
        self.printed.push('\n');
        Ok(())
    }

    /// The value of `time.now`, once it was asked for.
    pub(crate) fn now_value(&self) -> Option<Value> {
        self.now
    }

    pub(crate) fn set_now_value(&mut self, now: Value) {
        self.now = Some(now);
    }

    pub(crate) fn file(&self, instance: u16) -> Run<&Arc<File>> {
        match self.heap.files.get(usize::from(instance)) {
            Some(file) => Ok(file),
            None => fail("this file is gone"),
        }
    }

    // Rules

    fn new_rule(
        &mut self,
        id: ExprId,
        at: u32,
        when: Option<ExprId>,
        body: ExprId,
        env: Env,
    ) -> Run<Value> {
        self.heap.meter.take(size_of::<Rule>())?;
        self.captures += 1;
        self.rules.push(Rule {
            instance: env.instance,
            scope: env.scope,
            at,
            expr: id.0,
            when,
            body,
            name: None,
            state: RuleState::New,
        });
        Ok(Value::Rule(size(self.rules.len() - 1)))
    }

    /// The value of a rule, evaluated at most once.
    pub(crate) fn force(&mut self, id: u32) -> Run<Value> {
        let Some(rule) = self.rules.get_mut(place(id)) else { return fail("this rule is gone") };
        match rule.state {
            RuleState::Done(value) => return Ok(value),
            RuleState::Running => return fail("this rule refers to itself"),
            RuleState::New => rule.state = RuleState::Running,
        }
        let env = Env { instance: rule.instance, scope: rule.scope };
        let (when, body, at) = (rule.when, rule.body, rule.at);
        let value = self.rule_value(when, body, env);
        let value = self.at(value, env, at)?;
        if let Some(rule) = self.rules.get_mut(place(id)) {
            rule.state = RuleState::Done(value);
        }
        Ok(value)
    }

    fn rule_value(&mut self, when: Option<ExprId>, body: ExprId, env: Env) -> Run<Value> {
        if let Some(when) = when {
            match self.eval_bool(when, env)? {
                Value::Bool(true) => {}
                Value::Bool(false) => return Ok(Value::Bool(true)),
                undefined => return Ok(undefined),
            }
        }
        let value = self.eval(body, env)?;
        match value {
            Value::Undefined(_)
            | Value::Bool(_)
            | Value::Int(_)
            | Value::Float(_)
            | Value::Literal { .. }
            | Value::Text(_)
            | Value::List(_)
            | Value::Map(_) => Ok(value),
            _ => {
                let name = value.type_name();
                fail(format!("a rule must be a bool, string, number, list or map, not {name}"))
            }
        }
    }
}

/// Where the stack has grown to, about.
#[inline]
fn stack_address() -> usize {
    let marker = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&marker)).addr()
}
