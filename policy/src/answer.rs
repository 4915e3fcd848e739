//! What a policy says, and why.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Place;

/// What became of a question to a policy. Only [`Allow`](Self::Allow) is a yes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The policy says yes.
    Allow,
    /// The policy says no.
    Deny,
    /// Nobody knows: what was asked is undefined, failed, or took more than it may.
    Undecided,
}

impl Verdict {
    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Deny => "deny",
            Self::Undecided => "undecided",
        }
    }
}

/// What a policy says.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Yes, no, or nobody knows.
    pub verdict: Verdict,
    /// Why not: what the policy itself gives, or why it did not decide.
    pub reasons: Vec<String>,
    /// What went wrong, where the policy failed or took more than it may; not where what was asked is
    /// merely undefined.
    pub trouble: Option<String>,
}

impl Answer {
    pub(crate) const fn allow() -> Self {
        Self { verdict: Verdict::Allow, reasons: Vec::new(), trouble: None }
    }

    pub(crate) const fn deny(reasons: Vec<String>) -> Self {
        Self { verdict: Verdict::Deny, reasons, trouble: None }
    }

    pub(crate) fn undecided(why: impl Into<String>) -> Self {
        Self { verdict: Verdict::Undecided, reasons: vec![why.into()], trouble: None }
    }

    pub(crate) fn failed(why: impl Into<String>) -> Self {
        let why = why.into();
        Self { verdict: Verdict::Undecided, reasons: vec![why.clone()], trouble: Some(why) }
    }

    /// Whether the policy says yes.
    #[must_use]
    pub fn allows(&self) -> bool {
        self.verdict == Verdict::Allow
    }
}

/// An answer, and the rules and values that it rests on.
pub(crate) struct Explained {
    pub answer: Answer,
    pub rules: Vec<RuleValue>,
    pub values: BTreeMap<String, Value>,
    /// How many rules and values are not shown.
    pub left_out: usize,
}

impl From<Answer> for Explained {
    fn from(answer: Answer) -> Self {
        Self { answer, rules: Vec::new(), values: BTreeMap::new(), left_out: 0 }
    }
}

/// A policy's answer with all that it rests on, as it is recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The policy's file.
    pub policy: String,
    /// The SHA-256 of its texts: the same hash is the same policy.
    pub hash: String,
    /// What it says.
    pub verdict: Verdict,
    /// Why not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
    /// Its enforcement level, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// The rules that the answer rests on, the one that decided first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rules: Vec<RuleValue>,
    /// What the policy looks at in its input, and what was there; what was not there is left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, Value>,
    /// How many more rules and values there are than are shown.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

impl Explanation {
    /// What it says, without what that rests on.
    #[must_use]
    pub fn brief(self) -> Self {
        Self { rules: Vec::new(), values: BTreeMap::new(), left_out: 0, ..self }
    }

    /// In one line: the policy, what it says, and why not.
    #[must_use]
    pub fn headline(&self) -> String {
        let says = match self.verdict {
            Verdict::Allow => "says yes",
            Verdict::Deny => "says no",
            Verdict::Undecided => "does not decide",
        };
        let level = self.level.as_ref().map_or(String::new(), |level| format!(" ({level})"));
        let because = if self.reasons.is_empty() { "" } else { ": " };
        format!("{} {says}{level}{because}{}", self.policy, self.reasons.join("; "))
    }

    /// What it rests on, a line each.
    pub fn details(&self) -> impl Iterator<Item = String> {
        let rules = self.rules.iter().map(|rule| {
            let value = rule.value.as_ref().map_or("undefined".to_owned(), Value::to_string);
            let line = rule.at.map_or(String::new(), |at| format!(":{}", at.line));
            format!("{} is {value} ({}{line})", rule.rule, rule.file)
        });
        let values = self.values.iter().map(|(path, value)| format!("{path} was {value}"));
        let more = (self.left_out > 0).then(|| format!("and {} more", self.left_out));
        rules.chain(values).chain(more)
    }
}

/// What a rule came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RuleValue {
    /// Its name.
    pub rule: String,
    /// The file it is in.
    pub file: String,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Place>,
    /// Its value; `None`: it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
}

/// The longest value that is shown, in bytes of JSON.
pub(crate) const SHOWN: usize = 256;
/// The most rules, and the most values, that are shown.
pub(crate) const MOST: usize = 24;
/// The most reasons that are passed on, and the longest, in bytes.
const MAX_REASONS: usize = 20;
const MAX_REASON: usize = 500;

/// As many reasons as are read by somebody; what is left out is said.
pub(crate) fn few(mut reasons: Vec<String>) -> Vec<String> {
    let more = reasons.len().saturating_sub(MAX_REASONS);
    reasons.truncate(MAX_REASONS);
    for reason in &mut reasons {
        if reason.len() > MAX_REASON {
            let end = (0..=MAX_REASON).rev().find(|end| reason.is_char_boundary(*end));
            reason.truncate(end.unwrap_or_default());
            reason.push_str(" … (cut)");
        }
    }
    if more > 0 {
        reasons.push(format!("and {more} more"));
    }
    reasons
}

/// As many as are shown: the first are the nearest to the decision.
pub(crate) fn most<T>(all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    all.take(MOST)
}

/// A value as it is shown in an explanation: what is too long is said to be so.
pub(crate) fn shown(value: Value) -> Value {
    let size = size(&value);
    if size > SHOWN { too_long(size) } else { value }
}

/// What is shown of a value of more than [`SHOWN`] bytes.
pub(crate) fn too_long(size: usize) -> Value {
    Value::String(format!("({size} bytes, not shown)"))
}

/// About how many bytes of JSON a value is.
pub(crate) fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(_) => 8,
        Value::String(text) => text.len() + 2,
        Value::Array(items) => items.iter().map(|item| size(item) + 1).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| key.len() + size(value) + 4).sum::<usize>() + 2
        }
    }
}
