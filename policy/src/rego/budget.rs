//! What one evaluation may use up. The machine counts its instructions and looks at the clock by itself;
//! what single instructions would run away with is counted here.
//!
//! Every value pays for itself where it is put into another one or handed to a built-in function: once per
//! part, however many parts are shared. So no value is ever larger than the budget, and no single
//! instruction takes longer than walking over it does.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use regorus::{Rc, Value};

/// Parts of values that are put into others, walked over or made.
pub(super) const PARTS: u64 = 250_000;
/// The longest text that is made, in bytes.
pub(super) const MAX_TEXT: usize = 64 * 1024;
/// Bytes of text that count as one part.
const BYTES_PER_PART: usize = 32;
/// The deepest that values nest.
const MAX_DEPTH: u32 = 64;
/// The largest number, in bits.
const MAX_BITS: u64 = 1024;

thread_local! {
    /// An evaluation stays on its thread, and built-in functions get nothing but their arguments.
    static LEFT: Cell<u64> = const { Cell::new(0) };
    static NOW: Cell<i64> = const { Cell::new(0) };
    static WHY: RefCell<Option<String>> = const { RefCell::new(None) };
    /// The value that a rule had first; see [`single`].
    static FIRST: RefCell<BTreeMap<Rc<str>, Value>> = const { RefCell::new(BTreeMap::new()) };
}

/// Something would use up more than an evaluation may.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Exceeded(pub(super) String);

impl Exceeded {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }
}

/// Begins an evaluation on this thread, at that time in nanoseconds.
pub(super) fn begin(now: i64) {
    LEFT.set(PARTS);
    NOW.set(now);
    WHY.take();
    FIRST.take();
}

/// Why the evaluation was stopped.
pub(super) fn why() -> Option<String> {
    WHY.take()
}

/// Keeps why the evaluation is stopped; the first reason is the one.
pub(super) fn stopped(why: String) {
    WHY.with_borrow_mut(|first| {
        first.get_or_insert(why);
    });
}

/// Whether a rule has but one value, however many of its definitions hold.
pub(super) fn single(rule: &Rc<str>, value: &Value) -> bool {
    FIRST.with_borrow_mut(|first| {
        if let Some(before) = first.get(rule) {
            return before == value;
        }
        first.insert(rule.clone(), value.clone());
        true
    })
}

/// A function is called anew, perhaps with other arguments.
pub(super) fn forget(rule: &str) {
    FIRST.with_borrow_mut(|first| first.remove(rule));
}

/// What `time.now_ns` is.
pub(super) fn now() -> i64 {
    NOW.get()
}

/// Pays for so many parts.
pub(super) fn pay(parts: u64) -> Result<(), Exceeded> {
    if let Some(left) = LEFT.get().checked_sub(parts) {
        LEFT.set(left);
        return Ok(());
    }
    LEFT.set(0);
    Err(Exceeded::new(format!("it makes or walks over more than {PARTS} values")))
}

/// Pays for so many bytes of text.
pub(super) fn pay_text(bytes: usize) -> Result<(), Exceeded> {
    pay(u64::try_from(bytes / BYTES_PER_PART).unwrap_or(u64::MAX).saturating_add(1))
}

/// Text of that length may be made.
pub(super) fn text(bytes: usize) -> Result<(), Exceeded> {
    if bytes > MAX_TEXT {
        return Err(Exceeded::new(format!("it makes a text of more than {MAX_TEXT} bytes")));
    }
    Ok(())
}

/// Pays for a value and all that is in it.
pub(super) fn value(value: &Value) -> Result<(), Exceeded> {
    walk(value, 0)
}

fn walk(value: &Value, depth: u32) -> Result<(), Exceeded> {
    if depth > MAX_DEPTH {
        return Err(Exceeded::new(format!("it makes a value that nests deeper than {MAX_DEPTH}")));
    }
    let deeper = depth.saturating_add(1);
    match value {
        Value::Null | Value::Bool(_) | Value::Undefined => pay(1),
        Value::Number(_) => number(value),
        Value::String(text) => pay_text(text.len()),
        Value::Array(items) => {
            pay(1)?;
            items.iter().try_for_each(|item| walk(item, deeper))
        }
        Value::Set(items) => {
            pay(1)?;
            items.iter().try_for_each(|item| walk(item, deeper))
        }
        Value::Object(fields) => {
            pay(1)?;
            fields.iter().try_for_each(|(key, value)| {
                walk(key, deeper)?;
                walk(value, deeper)
            })
        }
    }
}

/// Pays for a number; one that is too large is refused.
pub(super) fn number(value: &Value) -> Result<(), Exceeded> {
    pay(1)?;
    let Value::Number(number) = value else { return Ok(()) };
    if number.as_i64().is_some() || number.as_u64().is_some() || !number.is_integer() {
        return Ok(());
    }
    match number.as_big() {
        Some(big) if big.bits() > MAX_BITS => {
            Err(Exceeded::new(format!("it makes a number of more than {MAX_BITS} bits")))
        }
        Some(_) | None => Ok(()),
    }
}
