//! Rego's functions of time. They are ours, on the calendar that the rest of the program has: regorus
//! brings a second one of several megabytes, and rounds where OPA goes on into the next month.
//!
//! What they mean: <https://www.openpolicyagent.org/docs/policy-reference/builtins/time>.

mod layout;

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use regorus::Value;

use super::budget::{self, Exceeded};

type Function = fn(&[Value]) -> Result<Value, Exceeded>;

/// Their names, and how many arguments they take.
pub(super) const FUNCTIONS: [(&str, usize, Function); 10] = [
    ("time.add_date", 4, add_date),
    ("time.clock", 1, clock),
    ("time.date", 1, date),
    ("time.diff", 2, diff),
    ("time.format", 1, format),
    ("time.now_ns", 0, |_| Ok(Value::from(budget::now()))),
    ("time.parse_duration_ns", 1, parse_duration_ns),
    ("time.parse_ns", 2, parse_ns),
    ("time.parse_rfc3339_ns", 1, parse_rfc3339_ns),
    ("time.weekday", 1, weekday),
];

/// Calls one of them.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, Exceeded> {
    let (.., function) = FUNCTIONS
        .iter()
        .find(|(known, ..)| *known == name)
        .ok_or_else(|| Exceeded::new("it is not there"))?;
    arguments.iter().try_for_each(budget::value)?;
    let value = function(arguments)?;
    budget::value(&value)?;
    Ok(value)
}

/// A moment as policies write it: nanoseconds since 1970, alone or in a list with a time zone and a layout.
struct Moment<'a> {
    at: Zoned,
    layout: Option<&'a str>,
}

fn moment(arguments: &[Value], place: usize) -> Result<Moment<'_>, Exceeded> {
    let (ns, zone, layout) = match arguments.get(place) {
        Some(ns @ Value::Number(_)) => (ns, "", None),
        Some(Value::Array(parts)) => match parts.as_slice() {
            [ns @ Value::Number(_)] => (ns, "", None),
            [ns @ Value::Number(_), Value::String(zone)] => (ns, &**zone, None),
            [ns @ Value::Number(_), Value::String(zone), Value::String(layout)] => {
                (ns, &**zone, Some(&**layout))
            }
            _ => return Err(no_moment()),
        },
        _ => return Err(no_moment()),
    };
    let ns = ns.as_i64().map_err(|_| out_of_range())?;
    let at = Timestamp::from_nanosecond(i128::from(ns)).map_err(|_| out_of_range())?;
    Ok(Moment { at: at.to_zoned(time_zone(zone)?), layout })
}

fn no_moment() -> Exceeded {
    Exceeded::new("it takes nanoseconds, or a list of them with the name of a time zone")
}

fn out_of_range() -> Exceeded {
    Exceeded::new("a time outside of the years 1678 to 2262")
}

fn time_zone(name: &str) -> Result<TimeZone, Exceeded> {
    match name {
        "" | "UTC" => Ok(TimeZone::UTC),
        // The same policy would say something else on another machine.
        "Local" => Err(Exceeded::new("`Local` depends on the machine: name the time zone")),
        name => TimeZone::get(name)
            .map_err(|_| Exceeded::new(format!("there is no time zone `{name}`"))),
    }
}

fn ns(at: Timestamp) -> Result<Value, Exceeded> {
    i64::try_from(at.as_nanosecond()).map(Value::from).map_err(|_| out_of_range())
}

fn numbers(numbers: impl IntoIterator<Item = i64>) -> Value {
    Value::from(numbers.into_iter().map(Value::from).collect::<Vec<_>>())
}

fn text(arguments: &[Value], place: usize) -> Result<&str, Exceeded> {
    match arguments.get(place) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Exceeded::new("it takes a text")),
    }
}

fn clock(arguments: &[Value]) -> Result<Value, Exceeded> {
    let at = moment(arguments, 0)?.at;
    Ok(numbers([at.hour(), at.minute(), at.second()].map(i64::from)))
}

fn date(arguments: &[Value]) -> Result<Value, Exceeded> {
    let at = moment(arguments, 0)?.at;
    Ok(numbers([i64::from(at.year()), i64::from(at.month()), i64::from(at.day())]))
}

fn weekday(arguments: &[Value]) -> Result<Value, Exceeded> {
    Ok(Value::from(match moment(arguments, 0)?.at.weekday() {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }))
}

/// As Go's `AddDate`: a day that the month does not have is one of the next month.
fn add_date(arguments: &[Value]) -> Result<Value, Exceeded> {
    let at = moment(arguments, 0)?.at;
    let number = |place: usize| {
        let number = arguments.get(place).and_then(|it| it.as_i64().ok());
        let number = number.and_then(|number| i32::try_from(number).ok()).map(i64::from);
        number.ok_or_else(|| Exceeded::new("it takes whole numbers of years, months and days"))
    };
    let (years, months, days) = (number(1)?, number(2)?, number(3)?);
    let months = (i64::from(at.year()) + years) * 12 + i64::from(at.month()) - 1 + months;
    let year = i16::try_from(months.div_euclid(12)).map_err(|_| out_of_range())?;
    let month = i8::try_from(months.rem_euclid(12) + 1).map_err(|_| out_of_range())?;
    let days = SignedDuration::from_hours((i64::from(at.day()) - 1 + days) * 24);
    let first = Date::new(year, month, 1).map_err(|_| out_of_range())?;
    let date = first.checked_add(days).map_err(|_| out_of_range())?;
    let zoned = date.to_datetime(at.time()).to_zoned(at.time_zone().clone());
    ns(zoned.map_err(|_| out_of_range())?.timestamp())
}

/// Years, months, days, hours, minutes and seconds between two moments, by the calendar of the first.
fn diff(arguments: &[Value]) -> Result<Value, Exceeded> {
    let (one, other) = (moment(arguments, 0)?.at, moment(arguments, 1)?.at);
    let other = other.with_time_zone(one.time_zone().clone());
    let (from, to) = if one <= other { (one, other) } else { (other, one) };
    let parts = |at: &Zoned| {
        let date = [i64::from(at.year()), i64::from(at.month()), i64::from(at.day())];
        let time = [at.hour(), at.minute(), at.second()].map(i64::from);
        [date, time]
    };
    let ([[y, mo, d], [h, mi, s]], [[y2, mo2, d2], [h2, mi2, s2]]) = (parts(&from), parts(&to));
    let borrow = |difference: i64, of: i64| {
        if difference < 0 { (difference + of, 1) } else { (difference, 0) }
    };
    let (seconds, less) = borrow(s2 - s, 60);
    let (minutes, less) = borrow(mi2 - mi - less, 60);
    let (hours, less) = borrow(h2 - h - less, 24);
    let (days, less) = borrow(d2 - d - less, i64::from(from.days_in_month()));
    let (months, less) = borrow(mo2 - mo - less, 12);
    Ok(numbers([y2 - y - less, months, days, hours, minutes, seconds]))
}

fn format(arguments: &[Value]) -> Result<Value, Exceeded> {
    let Moment { at, layout } = moment(arguments, 0)?;
    let text = layout::format(&at, layout.unwrap_or("RFC3339Nano"))?;
    budget::text(text.len())?;
    Ok(Value::from(text))
}

fn parse_ns(arguments: &[Value]) -> Result<Value, Exceeded> {
    ns(layout::parse(text(arguments, 0)?, text(arguments, 1)?)?)
}

fn parse_rfc3339_ns(arguments: &[Value]) -> Result<Value, Exceeded> {
    ns(layout::parse("RFC3339", text(arguments, 0)?)?)
}

/// As Go writes durations: `1h30m`, `300ms`, `-1.5h`.
fn parse_duration_ns(arguments: &[Value]) -> Result<Value, Exceeded> {
    let text = text(arguments, 0)?;
    let wrong = || Exceeded::new(format!("`{text}` is no duration, such as `1h30m`"));
    let digits = text.trim_start_matches(['+', '-']);
    if digits == "0" {
        return Ok(Value::from(0_i64));
    }
    // What is read here is a friend of longer words, too.
    let is_short = |next: char| next.is_ascii_digit() || ".hmsnuµμ".contains(next);
    if digits.is_empty() || !digits.chars().all(is_short) {
        return Err(wrong());
    }
    let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
    i64::try_from(duration.as_nanos()).map(Value::from).map_err(|_| out_of_range())
}
