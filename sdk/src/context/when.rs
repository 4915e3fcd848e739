//! Times as people say them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// A time that cannot be read, or has passed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// It cannot be read.
    #[error(
        "`{0}` is not a time: write `tomorrow`, `in 3 hours`, `next monday 9:00`, or a time as in RFC 3339"
    )]
    Unreadable(String),
    /// It has passed.
    #[error("`{0}` has passed: name a time in the future")]
    Past(String),
}

/// The moment that `text` means at `now` in this time zone. A day without a time means 9:00.
///
/// # Errors
///
/// If it cannot be read, or is not after `now`.
pub fn when(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, InvalidTime> {
    let unreadable = || InvalidTime::Unreadable(text.to_owned());
    let text_lower = text.trim().to_lowercase();
    let at = if let Ok(at) = text.trim().parse::<Timestamp>() {
        at
    } else {
        let plain = text_lower.strip_prefix("in ").unwrap_or(&text_lower);
        let here = now.to_zoned(zone.clone());
        let said = interim::parse_date_string(plain, here.clone(), interim::Dialect::Us)
            .map_err(|_| unreadable())?;
        morning(plain, said, &here).timestamp()
    };
    if at > now { Ok(at) } else { Err(InvalidTime::Past(text.to_owned())) }
}

/// Nine o'clock, where only a day was said.
fn morning(text: &str, said: Zoned, now: &Zoned) -> Zoned {
    let names_a_time = text.contains(':')
        || text.contains("am")
        || text.contains("pm")
        || ["sec", "min", "hour", "now"].iter().any(|word| text.contains(word));
    let other_day = said.date() != now.date();
    if names_a_time || !other_day {
        return said;
    }
    said.with().hour(9).minute(0).second(0).subsec_nanosecond(0).build().unwrap_or(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let now: Timestamp = "2026-11-20T15:30:00Z".parse().unwrap();
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        assert_eq!(when(text, now, &zone).unwrap().to_string(), expected, "{text}");
    }

    #[test]
    fn people_say_when() {
        check("tomorrow", "2026-11-21T08:00:00Z");
        check("in 3 hours", "2026-11-20T18:30:00Z");
        check("in 90 minutes", "2026-11-20T17:00:00Z");
        check("next monday 9:00", "2026-11-23T08:00:00Z");
        check("tomorrow 14:15", "2026-11-21T13:15:00Z");
        check("in 2 days", "2026-11-22T08:00:00Z");
        check("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z");
    }

    #[test]
    fn what_is_past_or_no_time_is_refused() {
        let now: Timestamp = "2026-11-20T15:30:00Z".parse().unwrap();
        let zone = TimeZone::UTC;
        assert!(matches!(when("yesterday", now, &zone), Err(InvalidTime::Past(_))));
        assert!(matches!(when("2020-01-01T00:00:00Z", now, &zone), Err(InvalidTime::Past(_))));
        assert!(matches!(when("some day", now, &zone), Err(InvalidTime::Unreadable(_))));
        assert!(matches!(when("", now, &zone), Err(InvalidTime::Unreadable(_))));
    }
}
