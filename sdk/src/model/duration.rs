//! How long: whole seconds, written `90s`, `30m`, `1h30m`, `2d`.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A length of time in whole seconds, at least one. Written as in `90s`, `30m`, `1h30m` or `2d`; a
/// `d` is 24 hours, a `mo` 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub struct Duration(u32);

/// A text that is no [`Duration`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a duration: write a number and `s`, `m`, `h`, `d` or `mo`, as in `90s`, `30m`, `1h30m` or `2d`; at most 10 years"
)]
pub struct InvalidDuration(pub String);

const UNITS: [(&str, u32); 5] =
    [("mo", 30 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
const LONGEST: u32 = 3_650 * 86_400;

impl Duration {
    /// One minute.
    pub const MINUTE: Self = Self(60);
    /// One hour.
    pub const HOUR: Self = Self(3_600);
    /// One day of 24 hours.
    pub const DAY: Self = Self(86_400);

    /// So many seconds; zero becomes one, and what is beyond ten years becomes ten years.
    #[must_use]
    pub const fn seconds(seconds: u32) -> Self {
        match seconds {
            0 => Self(1),
            s if s > LONGEST => Self(LONGEST),
            s => Self(s),
        }
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(minutes: u32) -> Self {
        Self::seconds(minutes.saturating_mul(60))
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(hours: u32) -> Self {
        Self::seconds(hours.saturating_mul(3_600))
    }

    /// So many days of 24 hours.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self::seconds(days.saturating_mul(86_400))
    }

    /// In seconds.
    #[must_use]
    pub const fn as_seconds(self) -> u32 {
        self.0
    }

    /// Reads what people write.
    ///
    /// # Errors
    ///
    /// If it is no duration, is zero, or is longer than ten years.
    pub fn parse(text: &str) -> Result<Self, InvalidDuration> {
        let invalid = || InvalidDuration(text.to_owned());
        let (mut rest, mut total, mut largest) = (text.trim(), 0_u32, u32::MAX);
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let (unit, seconds) =
                UNITS.into_iter().find(|(unit, _)| tail.starts_with(unit)).ok_or_else(invalid)?;
            // Units come from large to small, each once.
            if seconds >= largest {
                return Err(invalid());
            }
            largest = seconds;
            let number: u32 = number.parse().map_err(|_| invalid())?;
            let part = number.checked_mul(seconds).ok_or_else(invalid)?;
            total = total.checked_add(part).ok_or_else(invalid)?;
            rest = tail.get(unit.len()..).unwrap_or_default();
        }
        if (1..=LONGEST).contains(&total) { Ok(Self(total)) } else { Err(invalid()) }
    }
}

impl std::ops::Add<Duration> for jiff::Timestamp {
    type Output = Self;

    /// The moment so much later; the end of time where there is none.
    fn add(self, duration: Duration) -> Self {
        let later = jiff::SignedDuration::from_secs(i64::from(duration.0));
        self.checked_add(later).unwrap_or(Self::MAX)
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, seconds) in UNITS.into_iter().filter(|(unit, _)| *unit != "mo") {
            let number = rest.checked_div(seconds).unwrap_or_default();
            if number > 0 {
                write!(f, "{number}{unit}")?;
            }
            rest = rest.checked_rem(seconds).unwrap_or_default();
        }
        Ok(())
    }
}

impl TryFrom<String> for Duration {
    type Error = InvalidDuration;
    fn try_from(text: String) -> Result<Self, InvalidDuration> {
        Self::parse(&text)
    }
}

impl From<Duration> for String {
    fn from(duration: Duration) -> Self {
        duration.to_string()
    }
}

impl std::str::FromStr for Duration {
    type Err = InvalidDuration;
    fn from_str(text: &str) -> Result<Self, InvalidDuration> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read_and_written_back() {
        for (text, seconds, back) in [
            ("90s", 90, "1m30s"),
            ("30m", 1_800, "30m"),
            ("1h30m", 5_400, "1h30m"),
            ("2d", 172_800, "2d"),
            ("1mo", 2_592_000, "30d"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!((duration.as_seconds(), duration.to_string().as_str()), (seconds, back));
        }
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        for bad in [
            "",
            "0s",
            "5",
            "m",
            "1x",
            "30m1h",
            "1h1h",
            "-1h",
            "1.5h",
            "99999999999s",
            "11000d",
            "h1",
            "1 h",
        ] {
            assert!(Duration::parse(bad).is_err(), "{bad}");
        }
    }
}
