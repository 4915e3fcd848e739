//! Layouts of times as Go has them: the way in which `Mon Jan 2 15:04:05 MST 2006` would be written.
//! <https://pkg.go.dev/time#pkg-constants>

use jiff::fmt::strtime::BrokenDownTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::super::budget::Exceeded;

/// Part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part<'a> {
    /// What stands there as it is.
    Plain(&'a str),
    /// What jiff knows by this conversion.
    Known(&'static str),
    /// A fraction of a second, so many digits; zeros at its end may be left out.
    Fraction { digits: usize, is_short: bool },
    /// How far from UTC; `Z` for UTC itself.
    Offset { conversion: &'static str, has_z: bool },
}

/// What layouts are made of; of two that fit, the longer one comes first.
const PARTS: &[(&str, Part<'_>)] = &[
    ("January", Part::Known("%B")),
    ("Jan", Part::Known("%b")),
    ("Monday", Part::Known("%A")),
    ("Mon", Part::Known("%a")),
    ("MST", Part::Known("%Z")),
    ("2006", Part::Known("%Y")),
    ("__2", Part::Known("%_j")),
    ("002", Part::Known("%j")),
    ("_2", Part::Known("%e")),
    ("01", Part::Known("%m")),
    ("02", Part::Known("%d")),
    ("03", Part::Known("%I")),
    ("04", Part::Known("%M")),
    ("05", Part::Known("%S")),
    ("06", Part::Known("%y")),
    ("15", Part::Known("%H")),
    ("1", Part::Known("%-m")),
    ("2", Part::Known("%-d")),
    ("3", Part::Known("%-I")),
    ("4", Part::Known("%-M")),
    ("5", Part::Known("%-S")),
    ("PM", Part::Known("%p")),
    ("pm", Part::Known("%P")),
    ("-07:00", Part::Offset { conversion: "%:z", has_z: false }),
    ("-0700", Part::Offset { conversion: "%z", has_z: false }),
    ("Z07:00", Part::Offset { conversion: "%:z", has_z: true }),
    ("Z0700", Part::Offset { conversion: "%z", has_z: true }),
];

/// Offsets that nobody writes, and that would be taken for something else.
const REFUSED: [&str; 6] = ["-07:00:00", "-070000", "Z07:00:00", "Z070000", "-07", "Z07"];

/// Writes a moment in this layout.
pub(super) fn format(at: &Zoned, layout: &str) -> Result<String, Exceeded> {
    let mut text = String::new();
    for part in parts(named(layout))? {
        match part {
            Part::Plain(plain) => text.push_str(plain),
            Part::Known(conversion) => text.push_str(&at.strftime(conversion).to_string()),
            Part::Offset { has_z: true, .. } if at.offset().is_zero() => text.push('Z'),
            Part::Offset { conversion, .. } => {
                text.push_str(&at.strftime(conversion).to_string());
            }
            Part::Fraction { digits, is_short } => {
                let all = format!("{:09}", at.subsec_nanosecond());
                let fraction = all.get(..digits).unwrap_or(&all);
                let fraction = if is_short { fraction.trim_end_matches('0') } else { fraction };
                if !fraction.is_empty() {
                    text.push('.');
                    text.push_str(fraction);
                }
            }
        }
    }
    Ok(text)
}

/// Reads a moment in this layout; without an offset in UTC.
pub(super) fn parse(layout: &str, text: &str) -> Result<Timestamp, Exceeded> {
    let parts = parts(named(layout))?;
    if parts.contains(&Part::Known("%Z")) {
        return Err(Exceeded::new("an abbreviation says no time zone: use `-0700`, not `MST`"));
    }
    let as_z = |part: &Part<'_>| matches!(part, Part::Offset { has_z: true, .. });
    let read = |z: bool| {
        let mut pattern = String::new();
        for part in &parts {
            match part {
                part if z && as_z(part) => pattern.push('Z'),
                Part::Plain(plain) => pattern.push_str(&plain.replace('%', "%%")),
                Part::Known(conversion) | Part::Offset { conversion, .. } => {
                    pattern.push_str(conversion);
                }
                Part::Fraction { .. } => pattern.push_str("%.f"),
            }
            // As in Go, a fraction may follow though the layout has none.
            if matches!(part, Part::Known("%S" | "%-S")) {
                pattern.push_str("%.f");
            }
        }
        let read = BrokenDownTime::parse(&pattern, text)?;
        match read.offset() {
            Some(_) => read.to_timestamp(),
            None => Ok(read.to_datetime()?.to_zoned(TimeZone::UTC)?.timestamp()),
        }
    };
    let first = read(false);
    let moment = if first.is_err() && parts.iter().any(as_z) { read(true) } else { first };
    moment.map_err(|error| Exceeded::new(format!("`{text}` is not written as {layout}: {error}")))
}

fn named(layout: &str) -> &str {
    match layout {
        "ANSIC" => "Mon Jan _2 15:04:05 2006",
        "UnixDate" => "Mon Jan _2 15:04:05 MST 2006",
        "RubyDate" => "Mon Jan 02 15:04:05 -0700 2006",
        "RFC822" => "02 Jan 06 15:04 MST",
        "RFC822Z" => "02 Jan 06 15:04 -0700",
        "RFC850" => "Monday, 02-Jan-06 15:04:05 MST",
        "RFC1123" => "Mon, 02 Jan 2006 15:04:05 MST",
        "RFC1123Z" => "Mon, 02 Jan 2006 15:04:05 -0700",
        "RFC3339" => "2006-01-02T15:04:05Z07:00",
        "RFC3339Nano" => "2006-01-02T15:04:05.999999999Z07:00",
        other => other,
    }
}

fn parts(layout: &str) -> Result<Vec<Part<'_>>, Exceeded> {
    let mut parts = Vec::new();
    let (mut plain, mut at) = (0, 0);
    while let Some(rest) = layout.get(at..).filter(|rest| !rest.is_empty()) {
        let Some((part, length)) = part(rest)? else {
            at += rest.chars().next().map_or(1, char::len_utf8);
            continue;
        };
        parts.extend(layout.get(plain..at).filter(|it| !it.is_empty()).map(Part::Plain));
        parts.push(part);
        at += length;
        plain = at;
    }
    parts.extend(layout.get(plain..).filter(|it| !it.is_empty()).map(Part::Plain));
    Ok(parts)
}

/// The part that a layout begins with, and how long it is.
fn part(rest: &str) -> Result<Option<(Part<'static>, usize)>, Exceeded> {
    if let Some(found) = fraction(rest) {
        return Ok(Some(found));
    }
    let found = PARTS.iter().find(|(written, _)| {
        // `Janus` is no month, and `_2006` a line before a year.
        let after = rest.strip_prefix(written).map(str::as_bytes);
        match (*written, after) {
            (_, None) => false,
            ("Jan" | "Mon", Some(after)) => !after.first().is_some_and(u8::is_ascii_lowercase),
            ("_2", Some(after)) => !after.starts_with(b"006"),
            (_, Some(_)) => true,
        }
    });
    let refused = REFUSED.iter().find(|written| rest.starts_with(**written));
    match (found, refused) {
        (found, Some(refused)) if found.is_none_or(|(it, _)| it.len() < refused.len()) => {
            Err(Exceeded::new(format!("`{refused}` in a layout: use `-0700` or `Z07:00`")))
        }
        (found, _) => Ok(found.map(|(written, part)| (*part, written.len()))),
    }
}

/// A dot or comma with zeros or nines, and no other digit after them.
fn fraction(rest: &str) -> Option<(Part<'static>, usize)> {
    let digits = rest.strip_prefix('.')?;
    let first = digits.chars().next().filter(|first| matches!(first, '0' | '9'))?;
    let after = digits.trim_start_matches(first);
    let length = digits.len().saturating_sub(after.len());
    if after.starts_with(|next: char| next.is_ascii_digit()) {
        return None;
    }
    Some((Part::Fraction { digits: length, is_short: first == '9' }, length.saturating_add(1)))
}
