//! `import "version"`: semantic versions, and constraints with the rules of `hashicorp/go-version`.

use std::cmp::Ordering;

use super::{Library, no_constants, text};
use crate::builtins::{Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::object::Object;
use crate::value::Value;

/// Longest text of a version, and most parts of a constraint.
const MAX_TEXT: usize = 256;

/// A version.
#[derive(Clone, Debug)]
pub(crate) struct Version {
    pub(crate) text: String,
    /// At least three; those that were not written are 0.
    segments: Vec<u64>,
    written: usize,
    prerelease: String,
    metadata: String,
}

pub(super) static LIBRARY: Library = Library {
    path: "version",
    functions: &[Native::new("version.new", 1, 1, |machine, arguments| {
        let version = load(machine, argument(arguments, 0), "version.new")?;
        machine.heap.new_object(Object::Version(Box::new(version)))
    })],
    constant: no_constants,
};

macro_rules! comparisons {
    ($($name:literal: $holds:expr),* $(,)?) => {
        [$(Native::method($name, 1, 1, |machine, arguments| {
            let order = order(machine, arguments)?;
            let holds: fn(Ordering) -> bool = $holds;
            Ok(Value::Bool(holds(order)))
        })),*]
    };
}

static COMPARISONS: [Native; 10] = comparisons![
    "version.greater_than": Ordering::is_gt,
    "version.gt": Ordering::is_gt,
    "version.greater_than_or_equals": Ordering::is_ge,
    "version.gte": Ordering::is_ge,
    "version.less_than": Ordering::is_lt,
    "version.lt": Ordering::is_lt,
    "version.less_than_or_equals": Ordering::is_le,
    "version.lte": Ordering::is_le,
    "version.equals": Ordering::is_eq,
    "version.eq": Ordering::is_eq,
];

static METHODS: [Native; 4] = [
    Native::method("version.compare", 1, 1, compare),
    Native::method("version.cmp", 1, 1, compare),
    Native::method("version.satisfies", 1, 1, satisfies),
    Native::method("version.sat", 1, 1, satisfies),
];

fn order(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Ordering> {
    let a = load(machine, argument(arguments, 0), "version")?;
    let b = load(machine, argument(arguments, 1), "version")?;
    Ok(a.order(&b))
}

fn compare(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    Ok(Value::Int(match order(machine, arguments)? {
        Ordering::Less => -1,
        Ordering::Equal => 0,
        Ordering::Greater => 1,
    }))
}

fn satisfies(machine: &mut Machine<'_>, arguments: &[Value]) -> Run<Value> {
    let version = load(machine, argument(arguments, 0), "satisfies")?;
    let constraints = text(machine, arguments, 1, "satisfies")?;
    if constraints.len() > MAX_TEXT {
        return fail("`satisfies`: the constraint is too long");
    }
    machine.heap.meter.step(50)?;
    let mut all = true;
    for constraint in constraints.split(',') {
        match version.satisfies(constraint.trim()) {
            Some(holds) => all &= holds,
            None => return fail(format!("`satisfies`: `{}` is no constraint", constraint.trim())),
        }
    }
    Ok(Value::Bool(all))
}

fn load(machine: &mut Machine<'_>, value: Value, function: &str) -> Run<Version> {
    machine.heap.meter.step(20)?;
    if let Value::Object(id) = value
        && let Some(Object::Version(version)) = machine.heap.object(id)
    {
        return Ok((**version).clone());
    }
    let text = match value {
        Value::Float(value) => crate::machine::float_g(value),
        _ => text(machine, &[value], 0, function)?,
    };
    if let Some(version) = Version::parse(&text) {
        return Ok(version);
    }
    let text: String = text.chars().take(60).collect();
    fail(format!("`{function}`: `{text}` is no version"))
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT || !text.is_ascii() {
            return None;
        }
        let rest = text.strip_prefix('v').unwrap_or(text);
        let (rest, metadata) = rest.split_once('+').map_or((rest, ""), |(rest, data)| (rest, data));
        let numbers = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (numbers, prerelease) = rest.split_at(numbers);
        let prerelease = prerelease.strip_prefix('-').unwrap_or(prerelease);
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '~' | '.');
        if !prerelease.chars().all(is_part) || !metadata.chars().all(is_part) {
            return None;
        }
        let segments: Option<Vec<u64>> = numbers.split('.').map(|part| part.parse().ok()).collect();
        let mut segments = segments?;
        let written = segments.len();
        segments.resize(written.max(3), 0);
        Some(Self {
            text: text.to_owned(),
            segments,
            written,
            prerelease: prerelease.to_owned(),
            metadata: metadata.to_owned(),
        })
    }

    /// Metadata does not count.
    pub(crate) fn order(&self, other: &Self) -> Ordering {
        let length = self.segments.len().max(other.segments.len());
        let segment = |version: &Self, at: usize| version.segments.get(at).copied().unwrap_or(0);
        let segments = (0..length).map(|at| segment(self, at).cmp(&segment(other, at)));
        segments.fold(Ordering::Equal, Ordering::then).then_with(|| {
            match (self.prerelease.is_empty(), other.prerelease.is_empty()) {
                (true, true) => Ordering::Equal,
                (true, false) => Ordering::Greater,
                (false, true) => Ordering::Less,
                (false, false) => prerelease_order(&self.prerelease, &other.prerelease),
            }
        })
    }

    /// Whether one constraint holds; nothing if it is none.
    fn satisfies(&self, constraint: &str) -> Option<bool> {
        let operators = ["!=", ">=", "<=", "~>", "=", ">", "<"];
        let operator = operators.iter().find(|operator| constraint.starts_with(**operator));
        let operator = operator.copied().unwrap_or("");
        let bound = Self::parse(constraint.get(operator.len()..)?.trim())?;
        let order = self.order(&bound);
        let comparable = match (self.prerelease.is_empty(), bound.prerelease.is_empty()) {
            (false, false) => self.segments == bound.segments,
            (false, true) => false,
            (true, _) => true,
        };
        Some(match operator {
            "!=" => order.is_ne(),
            ">" => comparable && order.is_gt(),
            "<" => comparable && order.is_lt(),
            ">=" => comparable && order.is_ge(),
            "<=" => comparable && order.is_le(),
            "~>" => comparable && order.is_ge() && self.near(&bound),
            _ => order.is_eq(),
        })
    }

    /// `~>`: only the last written segment may be larger.
    fn near(&self, bound: &Self) -> bool {
        let only_prereleases = !bound.prerelease.is_empty() && self.prerelease.is_empty();
        let fixed = bound.written.saturating_sub(1);
        !only_prereleases
            && bound.segments.len() <= self.segments.len()
            && self.segments.iter().zip(&bound.segments).take(fixed).all(|(a, b)| a == b)
    }
}

fn prerelease_order(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.split('.'), b.split('.'));
    loop {
        let (a, b) = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (a, b) => (a.unwrap_or(""), b.unwrap_or("")),
        };
        let order = match (a.parse::<u64>(), b.parse::<u64>()) {
            _ if a == b => Ordering::Equal,
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(_), Err(_)) if b.is_empty() => Ordering::Greater,
            (Err(_), Ok(_)) if a.is_empty() => Ordering::Less,
            (Ok(_), Err(_)) => Ordering::Less,
            (Err(_), Ok(_)) => Ordering::Greater,
            (Err(_), Err(_)) => a.cmp(b),
        };
        if order.is_ne() {
            return order;
        }
    }
}

/// A member of a version.
pub(crate) fn member(
    machine: &mut Machine<'_>,
    id: u32,
    version: &Version,
    name: &str,
) -> Run<Value> {
    let mut natives = COMPARISONS.iter().chain(&METHODS);
    if let Some(native) = natives.find(|native| native.name.strip_prefix("version.") == Some(name))
    {
        return Ok(Value::Method { object: id, builtin: native });
    }
    let segment = |at: usize| {
        let segment = version.segments.get(at).copied().unwrap_or(0);
        Ok(Value::Int(i64::try_from(segment).unwrap_or(i64::MAX)))
    };
    match name {
        "major" => segment(0),
        "minor" => segment(1),
        "patch" => segment(2),
        "prerelease" => machine.heap.new_text(version.prerelease.as_bytes()),
        "metadata" => machine.heap.new_text(version.metadata.as_bytes()),
        "version" => machine.heap.new_text(version.text.as_bytes()),
        _ => Ok(UNDEFINED),
    }
}
