//! The built-in functions that a policy may call. Each is regorus' own but those of time, behind a guard: what
//! a call would use up is paid for first, and its error stops the evaluation. (The machine by itself takes an error in a
//! rule for "undefined", which `not` turns into a yes.)

use regorus::unstable::{BUILTINS, BuiltinFcn, Expr, Ref, Span};
use regorus::{LimitError, Value};

use super::budget::{self, Exceeded};
use super::time;

/// The longest regular expression, in bytes: it is compiled at each call.
const MAX_PATTERN: usize = 256;
/// The longest range of numbers.
const MAX_RANGE: u64 = 10_000;
/// The widest that a number is padded to, and the farthest that one is shifted.
const MAX_WIDTH: usize = 256;
/// The longest text that replacing may come to, if the pattern matched everywhere.
const MAX_REPLACED: usize = 1 << 20;
/// The longest text that is read as a number.
const MAX_DIGITS: usize = 64;

/// What is to be known before a call.
type Check = fn(&[Value]) -> Result<(), Exceeded>;

trait Builtin {
    const NAME: &'static str;
    const CHECK: Check;
}

/// The call, guarded.
fn guarded<B: Builtin>(
    span: &Span,
    expressions: &[Ref<Expr>],
    arguments: &[Value],
    _: bool,
) -> anyhow::Result<Value> {
    let call = || {
        (B::CHECK)(arguments)?;
        let (function, _) =
            BUILTINS.get(B::NAME).ok_or_else(|| Exceeded::new("it is not there"))?;
        // What the function says about its place means nothing: that is known to who called it.
        // Strict: what it cannot do is an error and not "undefined".
        let result = function(span, expressions, arguments, true).map_err(|error| {
            let text = error.to_string();
            Exceeded::new(text.rsplit("error: ").next().unwrap_or(&text).trim())
        })?;
        budget::value(&result)?;
        Ok(result)
    };
    call().map_err(|error: Exceeded| stop(format!("`{}`: {error}", B::NAME)))
}

/// Stops the evaluation and keeps why: nothing else gets past the machine.
pub(super) fn stop(why: impl Into<String>) -> anyhow::Error {
    budget::stopped(why.into());
    LimitError::MemoryLimitExceeded { usage: 0, limit: 0 }.into()
}

macro_rules! builtins {
    ($($name:literal $check:expr;)*) => {
        /// The guarded function of that name.
        pub(super) fn find(name: &str) -> Option<BuiltinFcn> {
            match name {
                $($name => {
                    struct It;
                    impl Builtin for It {
                        const NAME: &'static str = $name;
                        const CHECK: Check = $check;
                    }
                    let (_, arguments) = BUILTINS.get($name)?;
                    Some((guarded::<It>, *arguments))
                })*
                _ => None,
            }
        }

        /// Those that are regorus' own.
        const NAMES: &[&str] = &[$($name,)*];
    };
}

builtins! {
    // One look at their arguments, however large these are.
    "count" |_| budget::pay(1);
    "is_array" |_| budget::pay(1);
    "is_boolean" |_| budget::pay(1);
    "is_null" |_| budget::pay(1);
    "is_number" |_| budget::pay(1);
    "is_object" |_| budget::pay(1);
    "is_set" |_| budget::pay(1);
    "is_string" |_| budget::pay(1);
    "type_name" |_| budget::pay(1);
    "object.get" all;
    // Numbers.
    "abs" all;
    "ceil" all;
    "floor" all;
    "round" all;
    "numbers.range" range;
    "numbers.range_step" range;
    "bits.and" all;
    "bits.lsh" shift;
    "bits.negate" all;
    "bits.or" all;
    "bits.rsh" all;
    "bits.xor" all;
    "format_int" all;
    "to_number" digits;
    "units.parse" digits;
    "units.parse_bytes" digits;
    // Collections.
    "max" all;
    "min" all;
    "sort" all;
    "sum" all;
    "product" product;
    "array.concat" all;
    "array.reverse" all;
    "array.slice" all;
    "union" all;
    "intersection" all;
    "__builtin_sets.union" all;
    "__builtin_sets.intersection" all;
    "object.filter" all;
    "object.keys" all;
    "object.remove" all;
    "object.subset" all;
    "object.union" all;
    "object.union_n" all;
    "json.filter" all;
    "json.remove" all;
    // Text.
    "concat" concat;
    "contains" all;
    "endswith" all;
    "indexof" all;
    "indexof_n" all;
    "lower" all;
    "replace" replace;
    "split" all;
    "sprintf" sprintf;
    "startswith" all;
    "strings.any_prefix_match" pairs;
    "strings.any_suffix_match" pairs;
    "strings.count" all;
    "strings.reverse" all;
    "substring" all;
    "trim" all;
    "trim_left" all;
    "trim_prefix" all;
    "trim_right" all;
    "trim_space" all;
    "trim_suffix" all;
    "upper" all;
    "json.is_valid" all;
    "json.marshal" marshal;
    "json.unmarshal" all;
    // Regular expressions.
    "regex.find_n" pattern;
    "regex.is_valid" pattern;
    "regex.match" pattern;
    "regex.replace" pattern_replace;
    "regex.split" pattern;
}

/// All that policies may call.
pub fn names() -> impl Iterator<Item = &'static str> {
    NAMES.iter().copied().chain(time::FUNCTIONS.iter().map(|(name, ..)| *name))
}

/// How a function is called.
pub(super) struct Signature {
    pub takes: usize,
    /// One argument more is where the result goes.
    pub has_result: bool,
}

/// How the function of that name is called, if policies may.
pub(super) fn signature(name: &str) -> Option<Signature> {
    if let Some((_, takes, _)) = time::FUNCTIONS.iter().find(|(known, ..)| *known == name) {
        return Some(Signature { takes: *takes, has_result: false });
    }
    let (_, takes) = NAMES.contains(&name).then(|| BUILTINS.get(name)).flatten()?;
    Some(Signature { takes: usize::from(*takes), has_result: true })
}

/// A function of ours, in the place of an instruction that would leave it to the program around.
pub(super) fn host(
    _: &Span,
    _: &[Ref<Expr>],
    arguments: &[Value],
    _: bool,
) -> anyhow::Result<Value> {
    let [Value::Array(arguments), Value::String(name)] = arguments else {
        return Err(stop("it calls what is no function"));
    };
    time::call(name, arguments.as_slice()).map_err(|error| stop(format!("`{name}`: {error}")))
}

fn all(arguments: &[Value]) -> Result<(), Exceeded> {
    arguments.iter().try_for_each(budget::value)
}

fn length(value: Option<&Value>) -> usize {
    match value {
        Some(Value::String(text)) => text.len(),
        _ => 0,
    }
}

fn range(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let [from, to, ..] = arguments else { return Ok(()) };
    let (Ok(from), Ok(to)) = (from.as_i64(), to.as_i64()) else {
        return Err(Exceeded::new("it takes whole numbers"));
    };
    if from.abs_diff(to) > MAX_RANGE {
        return Err(Exceeded::new(format!("a range of more than {MAX_RANGE} numbers")));
    }
    Ok(())
}

fn shift(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    match arguments.get(1).map(Value::as_u64) {
        Some(Ok(by)) if usize::try_from(by).is_ok_and(|by| by <= MAX_WIDTH) => Ok(()),
        _ => Err(Exceeded::new(format!("a number is shifted by 0 to {MAX_WIDTH} bits"))),
    }
}

fn digits(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let Some(Value::String(text)) = arguments.first() else { return Ok(()) };
    let exponent = text
        .split(['e', 'E'])
        .nth(1)
        .map(|exponent| exponent.trim_start_matches(['+', '-']).parse::<u32>().unwrap_or_default());
    if text.len() > MAX_DIGITS || exponent.is_some_and(|exponent| exponent > 300) {
        return Err(Exceeded::new("a number that is too long"));
    }
    Ok(())
}

fn product(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let factors = match arguments.first() {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Set(items)) => items.len(),
        _ => 0,
    };
    if factors > 1000 {
        return Err(Exceeded::new("a product of more than 1000 numbers"));
    }
    Ok(())
}

fn concat(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let between = length(arguments.first());
    let add =
        |sum: usize, item: &Value| sum.saturating_add(length(Some(item))).saturating_add(between);
    budget::text(match arguments.get(1) {
        Some(Value::Array(items)) => items.iter().fold(0, add),
        Some(Value::Set(items)) => items.iter().fold(0, add),
        _ => 0,
    })
}

fn replace(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    if let [Value::String(text), Value::String(old), Value::String(new)] = arguments {
        let times = text.matches(&**old).count();
        budget::text(text.len().saturating_add(times.saturating_mul(new.len())))?;
    }
    Ok(())
}

fn marshal(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    budget::text(arguments.iter().map(printed).sum())
}

/// About how long a value is when it is printed. It has been paid for, so this ends.
fn printed(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) | Value::Undefined => 5,
        Value::Number(_) => 24,
        // Quotes, and what has to be escaped.
        Value::String(text) => text.len().saturating_mul(2).saturating_add(2),
        Value::Array(items) => items.iter().map(|item| printed(item) + 2).sum::<usize>() + 2,
        Value::Set(items) => items.iter().map(|item| printed(item) + 2).sum::<usize>() + 2,
        Value::Object(fields) => {
            fields.iter().map(|(key, value)| printed(key) + printed(value) + 4).sum::<usize>() + 2
        }
    }
}

fn sprintf(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let [Value::String(format), values] = arguments else { return Ok(()) };
    let mut size = format.len().saturating_add(printed(values));
    for verb in format.split('%').skip(1) {
        let digits = verb.trim_start_matches('.');
        let end = digits.find(|next: char| !next.is_numeric()).unwrap_or(digits.len());
        let digits = digits.get(..end).unwrap_or_default();
        // Other scripts' digits are numeric too, and nothing that regorus can read.
        match digits.parse::<usize>() {
            Ok(width) if width <= MAX_WIDTH => size = size.saturating_add(width),
            Err(_) if digits.is_empty() => {}
            Ok(_) | Err(_) => {
                return Err(Exceeded::new(format!("a width is a number up to {MAX_WIDTH}")));
            }
        }
    }
    budget::text(size)
}

fn pairs(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    let size = |value: &Value| match value {
        Value::Array(items) => items.len(),
        Value::Set(items) => items.len(),
        _ => 1,
    };
    let pairs = arguments.iter().map(size).fold(1_usize, usize::saturating_mul);
    budget::pay(u64::try_from(pairs).unwrap_or(u64::MAX))
}

fn pattern(arguments: &[Value]) -> Result<(), Exceeded> {
    all(arguments)?;
    // To compile one takes about as long as this many parts.
    budget::pay(500)?;
    if length(arguments.first()) > MAX_PATTERN {
        return Err(Exceeded::new(format!("a pattern of more than {MAX_PATTERN} bytes")));
    }
    Ok(())
}

fn pattern_replace(arguments: &[Value]) -> Result<(), Exceeded> {
    // The text comes first, and the pattern after it.
    pattern(arguments.get(1..2).unwrap_or_default())?;
    all(arguments)?;
    let (text, with) = (length(arguments.first()), length(arguments.get(2)));
    // `$1` in what it is replaced with stands for up to the whole text.
    let references = match arguments.get(2) {
        Some(Value::String(with)) => with.matches('$').count(),
        _ => 0,
    };
    let each = with.saturating_add(references.saturating_mul(text));
    if text.saturating_add(1).saturating_mul(each) > MAX_REPLACED {
        return Err(Exceeded::new("a text that could become too long"));
    }
    Ok(())
}
