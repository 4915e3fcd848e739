//! `import "time"`. The clock is the caller's, and stands still during an evaluation.

use jiff::fmt::temporal::Pieces;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::Library;
use crate::builtins::{Native, UNDEFINED, argument};
use crate::failure::{Run, fail};
use crate::machine::Machine;
use crate::object::Object;
use crate::value::Value;

pub(super) static LIBRARY: Library = Library {
    path: "time",
    functions: &[Native::new("time.load", 1, 1, |machine, arguments| {
        let zoned = load(machine, argument(arguments, 0), "time.load")?;
        machine.heap.new_object(Object::Time(Box::new(zoned)))
    })],
    constant,
};

static METHODS: [Native; 5] = [
    Native::method("time.before", 1, 1, |machine, arguments| {
        let [a, b] = two(machine, arguments, "before")?;
        Ok(Value::Bool(a.timestamp() < b.timestamp()))
    }),
    Native::method("time.after", 1, 1, |machine, arguments| {
        let [a, b] = two(machine, arguments, "after")?;
        Ok(Value::Bool(a.timestamp() > b.timestamp()))
    }),
    Native::method("time.equal", 1, 1, |machine, arguments| {
        let [a, b] = two(machine, arguments, "equal")?;
        Ok(Value::Bool(a.timestamp() == b.timestamp()))
    }),
    Native::method("time.add", 1, 1, |machine, arguments| {
        let zoned = load(machine, argument(arguments, 0), "add")?;
        let nanos = match argument(arguments, 1) {
            // Without its fraction.
            Value::Float(nanos) => {
                Value::Int(crate::builtins::floor(nanos.trunc()).unwrap_or(i64::MAX))
            }
            other => other,
        };
        let nanos = super::int(&[nanos], 0, "add")?;
        match zoned.checked_add(SignedDuration::from_nanos(nanos)) {
            Ok(sum) => machine.heap.new_object(Object::Time(Box::new(sum))),
            Err(_) => fail("`add`: the time is out of range"),
        }
    }),
    Native::method("time.sub", 1, 1, |machine, arguments| {
        let [a, b] = two(machine, arguments, "sub")?;
        let nanos = a.timestamp().as_nanosecond() - b.timestamp().as_nanosecond();
        match i64::try_from(nanos) {
            Ok(nanos) => Ok(Value::Int(nanos)),
            Err(_) => fail("`sub`: the difference is out of range"),
        }
    }),
];

fn constant(machine: &mut Machine<'_>, name: &str) -> Run<Option<Value>> {
    let nanos = match name {
        "now" => return machine.now().map(Some),
        "nanosecond" => 1,
        "microsecond" => 1_000,
        "millisecond" => 1_000_000,
        "second" => 1_000_000_000,
        "minute" => 60_000_000_000,
        "hour" => 3_600_000_000_000,
        _ => return Ok(None),
    };
    Ok(Some(Value::Int(nanos)))
}

impl Machine<'_> {
    /// The time of the evaluation.
    fn now(&mut self) -> Run<Value> {
        if let Some(now) = self.now_value() {
            return Ok(now);
        }
        let now = self.setup.now.to_zoned(self.setup.timezone.clone());
        let now = self.heap.new_object(Object::Time(Box::new(now)))?;
        self.set_now_value(now);
        Ok(now)
    }
}

fn two(machine: &mut Machine<'_>, arguments: &[Value], function: &str) -> Run<[Zoned; 2]> {
    Ok([
        load(machine, argument(arguments, 0), function)?,
        load(machine, argument(arguments, 1), function)?,
    ])
}

/// A time, from itself, seconds since 1970, or RFC 3339.
fn load(machine: &mut Machine<'_>, value: Value, function: &str) -> Run<Zoned> {
    let utc = |second: i64| Timestamp::from_second(second).map(|time| time.to_zoned(TimeZone::UTC));
    let loaded = match value {
        Value::Object(id) => match machine.heap.object(id) {
            Some(Object::Time(zoned)) => Some((**zoned).clone()),
            _ => None,
        },
        Value::Int(second) => utc(second).ok(),
        Value::Float(second) => crate::builtins::floor(second).and_then(|second| utc(second).ok()),
        _ => {
            machine.heap.meter.step(30)?;
            machine.heap.text(value).and_then(|text| parse(&text))
        }
    };
    if let Some(zoned) = loaded {
        return Ok(zoned);
    }
    let shown: String = machine.shown(value)?.chars().take(60).collect();
    fail(format!("`{function}`: `{shown}` is no time: RFC 3339 or seconds since 1970 are needed"))
}

fn parse(text: &str) -> Option<Zoned> {
    if text.len() > 64 {
        return None;
    }
    let pieces = Pieces::parse(text).ok()?;
    let zone = TimeZone::fixed(pieces.to_numeric_offset()?);
    pieces.date().to_datetime(pieces.time()?).to_zoned(zone).ok()
}

pub(crate) fn rfc3339(zoned: &Zoned) -> String {
    let zone = if zoned.offset().is_zero() { "Z" } else { "%:z" };
    zoned.strftime(&format!("%Y-%m-%dT%H:%M:%S{zone}")).to_string()
}

/// A member of a time.
pub(crate) fn member(machine: &mut Machine<'_>, id: u32, zoned: &Zoned, name: &str) -> Run<Value> {
    if let Some(native) =
        METHODS.iter().find(|native| native.name.strip_prefix("time.") == Some(name))
    {
        return Ok(Value::Method { object: id, builtin: native });
    }
    let text = |machine: &mut Machine<'_>, format: &str| {
        machine.heap.meter.step(30)?;
        let text = zoned.strftime(format).to_string();
        machine.heap.new_text(text.into_bytes())
    };
    let number = match name {
        "hour" => i64::from(zoned.hour()),
        "minute" => i64::from(zoned.minute()),
        "second" => i64::from(zoned.second()),
        "day" => i64::from(zoned.day()),
        "month" => i64::from(zoned.month()),
        "weekday" => i64::from(zoned.weekday().to_sunday_zero_offset()),
        "year" => i64::from(zoned.year()),
        "unix" => zoned
            .timestamp()
            .as_nanosecond()
            .div_euclid(1_000_000_000)
            .try_into()
            .unwrap_or_default(),
        "unix_nano" => match i64::try_from(zoned.timestamp().as_nanosecond()) {
            Ok(nanos) => nanos,
            Err(_) => return fail("`unix_nano`: the time is out of range"),
        },
        "zone" => i64::from(zoned.offset().seconds()),
        "month_name" => return text(machine, "%B"),
        "weekday_name" => return text(machine, "%A"),
        "zone_string" => return text(machine, "%:z"),
        _ => return Ok(UNDEFINED),
    };
    Ok(Value::Int(number))
}
