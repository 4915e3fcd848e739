//! Asks a policy, within bounds.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use jiff::Timestamp;
use regorus::Value;
use regorus::rvm::RegoVM;
use regorus::rvm::vm::VmError;
use regorus::utils::limits::ExecutionTimerConfig;
use serde_json::Value as Json;

use super::budget;
use super::load::Rego;
use crate::answer::{self, Answer, Explained, RuleValue};

/// Instructions of the machine per rule that is asked for.
const MAX_INSTRUCTIONS: usize = 50_000;
/// How long an evaluation may take. What single instructions may take is small beside it.
const TIME: Duration = Duration::from_millis(50);
/// After how many instructions the clock is looked at.
const CLOCK_EVERY: NonZeroU32 = NonZeroU32::new(8).expect("8 is not 0");
/// The largest input, in bytes of JSON.
const MAX_INPUT: usize = 64 * 1024;
/// The deepest that input nests.
const MAX_DEPTH: u32 = 48;

impl Rego {
    /// What the policy says. Whatever is wrong, this returns, and not with a yes.
    pub(crate) fn decide(&self, input: &Json, now: Timestamp) -> Answer {
        match self.machine(input, now) {
            Ok(mut machine) => machine.decide().0,
            Err(why) => Answer::failed(why),
        }
    }

    /// What the policy says, the rules that this rests on, and what it looked at.
    pub(crate) fn explain(&self, input: &Json, now: Timestamp) -> Explained {
        let mut machine = match self.machine(input, now) {
            Ok(machine) => machine,
            Err(why) => return Answer::failed(why).into(),
        };
        let (answer, decision) = machine.decide();
        // Where the policy ran out of something, so would its parts.
        let (rules, left_out) =
            if answer.trouble.is_none() { machine.rules(decision) } else { (Vec::new(), 0) };
        let mut values = self.values(input);
        let shown = answer::most(&mut values).collect();
        Explained {
            answer,
            rules,
            values: shown,
            left_out: left_out.saturating_add(values.count()),
        }
    }

    /// What is looked at in the input and is there.
    fn values<'j>(&'j self, input: &'j Json) -> impl Iterator<Item = (String, Json)> + 'j {
        self.paths.iter().filter_map(move |path| {
            let mut value = input;
            for part in path {
                value = value.get(part)?;
            }
            Some((path.join("."), answer::shown(value.clone())))
        })
    }

    fn machine(&self, input: &Json, now: Timestamp) -> Result<Machine<'_>, String> {
        let size = answer::size(input);
        if size > MAX_INPUT {
            return Err(format!("its input has {size} bytes, and at most {MAX_INPUT} are taken"));
        }
        let input = convert(input)?;
        let mut data = self.data.clone();
        if let (Value::Object(fields), Ok(data)) = (&input, data.as_object_mut()) {
            for (key, value) in fields.iter() {
                let hidden = matches!(key, Value::String(key) if self.packages.contains(&**key));
                if data.contains_key(key) {
                    return Err(format!("{key} is in its input and in a data file: rename one"));
                }
                if !hidden {
                    data.insert(key.clone(), value.clone());
                }
            }
        }
        let mut vm = RegoVM::new();
        vm.load_program(self.program.clone());
        vm.set_max_instructions(MAX_INSTRUCTIONS);
        // As in OPA: what is not of one type can be compared. Errors are dealt with by guards.
        vm.set_strict_builtin_errors(false);
        vm.set_execution_timer_config(Some(ExecutionTimerConfig {
            limit: TIME,
            check_interval: CLOCK_EVERY,
        }));
        vm.set_data(data).map_err(|error| error.to_string())?;
        vm.set_input(input);
        let now = i64::try_from(now.as_nanosecond()).unwrap_or(i64::MAX);
        Ok(Machine { policy: self, vm, now })
    }
}

struct Machine<'a> {
    policy: &'a Rego,
    vm: RegoVM,
    now: i64,
}

impl Machine<'_> {
    /// The answer, and the value of the rule that decides.
    fn decide(&mut self) -> (Answer, Value) {
        match self.value(&self.policy.decision) {
            Ok(value) => (self.answer(&value), value),
            Err(why) => (Answer::failed(why), Value::Undefined),
        }
    }

    fn answer(&mut self, value: &Value) -> Answer {
        let name = short(&self.policy.decision);
        let (allows, own) = match value {
            Value::Bool(allows) => (*allows, Vec::new()),
            Value::Undefined => {
                return Answer::undecided(format!("`{name}` is undefined for this input"));
            }
            Value::Object(fields) => match fields.get(&Value::from("allow")) {
                Some(Value::Bool(allows)) => {
                    let told =
                        ["deny", "reason", "reasons"].map(|key| fields.get(&Value::from(key)));
                    (*allows, told.into_iter().flatten().flat_map(texts).collect())
                }
                _ => {
                    return Answer::failed(format!(
                        "`{name}` has no `allow` that is true or false"
                    ));
                }
            },
            _ => return Answer::failed(format!("`{name}` is neither true nor false")),
        };
        let (mut against, mut reasons) = (Vec::new(), own);
        for rule in &self.policy.reasons {
            match self.value(rule) {
                Ok(value) if matches!(short(rule), "deny" | "denied") => {
                    against.extend(texts(&value));
                }
                Ok(value) if !allows => reasons.extend(texts(&value)),
                Ok(_) => {}
                Err(why) => return Answer::failed(why),
            }
        }
        // A policy that says why not does not say yes.
        if allows && against.is_empty() {
            return Answer::allow();
        }
        against.extend(reasons);
        Answer::deny(answer::few(against))
    }

    /// The values of the rules that the decision rests on. Each has been reckoned with already, or could
    /// have been: one that cannot be told is left out. And how many are.
    fn rules(&mut self, decision: Value) -> (Vec<RuleValue>, usize) {
        let mut rules = Vec::new();
        let policy = self.policy;
        let mut decision = Some(decision);
        for traced in answer::most(policy.traced.iter()) {
            let known = decision.take_if(|_| traced.path == policy.decision);
            let Ok(value) = known.map_or_else(|| self.value(&traced.path), Ok) else { continue };
            rules.push(RuleValue {
                rule: short(&traced.path).to_owned(),
                file: traced.file.clone(),
                at: Some(traced.at),
                value: shown(&value),
            });
        }
        let left_out = policy.traced.len().saturating_sub(rules.len());
        (rules, left_out)
    }

    /// What a rule comes to. Each has the whole budget.
    fn value(&mut self, rule: &str) -> Result<Value, String> {
        budget::begin(self.now);
        let run = || self.vm.execute_entry_point_by_name(rule);
        let value = catch_unwind(AssertUnwindSafe(run));
        match (value, budget::why()) {
            (_, Some(why)) => Err(why),
            (Ok(Ok(value)), None) => {
                budget::value(&value).map_err(|error| error.0)?;
                Ok(value)
            }
            (Ok(Err(error)), None) => Err(told(&error)),
            (Err(_), None) => Err("regorus broke off".to_owned()),
        }
    }
}

fn told(error: &VmError) -> String {
    match error {
        VmError::TimeLimitExceeded { .. } => format!("it takes longer than {TIME:?}"),
        VmError::InstructionLimitExceeded { .. } => {
            format!("it takes more than {MAX_INSTRUCTIONS} steps")
        }
        VmError::RegexSizeLimitExceeded { .. } => "a regular expression is too large".to_owned(),
        VmError::NumericOverflow { .. } => "a number is too large".to_owned(),
        other => other.to_string(),
    }
}

/// The last part of a rule's path.
pub(super) fn short(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// A rule's value as it is shown in an explanation; `None`: it is undefined.
fn shown(value: &Value) -> Option<Json> {
    let size = size(value);
    match value {
        Value::Undefined => None,
        _ if size > answer::SHOWN => Some(answer::too_long(size)),
        value => serde_json::to_value(value).ok(),
    }
}

/// As [`answer::size`].
fn size(value: &Value) -> usize {
    match value {
        Value::Undefined | Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Set(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| size(key) + size(value) + 2).sum::<usize>() + 2
        }
    }
}

/// What a rule for reasons says: a text, or several; what is no text, as JSON.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Undefined | Value::Null | Value::Bool(false) => Vec::new(),
        Value::String(text) => vec![text.to_string()],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        Value::Set(items) => items.iter().flat_map(texts).collect(),
        Value::Bool(true) | Value::Number(_) | Value::Object(_) => {
            vec![value.to_json_str().unwrap_or_default()]
        }
    }
}

/// JSON as a value.
///
/// # Errors
///
/// If it nests too deeply.
pub(super) fn convert(json: &Json) -> Result<Value, String> {
    level(json, 0).ok_or_else(|| format!("its input nests deeper than {MAX_DEPTH}"))
}

fn level(json: &Json, depth: u32) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let deeper = depth.saturating_add(1);
    Some(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
            (Some(number), _, _) => Value::from(number),
            (None, Some(number), _) => Value::from(number),
            (None, None, number) => Value::from(number?),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => {
            Value::from(items.iter().map(|item| level(item, deeper)).collect::<Option<Vec<_>>>()?)
        }
        Json::Object(fields) => {
            let mut object = Value::new_object();
            let inside = object.as_object_mut().ok()?;
            for (key, value) in fields {
                inside.insert(Value::from(key.as_str()), level(value, deeper)?);
            }
            object
        }
    })
}
