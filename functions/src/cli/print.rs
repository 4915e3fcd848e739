//! What goes to the terminal: safe texts, aligned columns, local times, a few colours.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{ErrorKind, IsTerminal, Write};

use countersign::model::{Duration, Outcome, Status, Timestamp};
use jiff::tz::TimeZone;

use super::exit::Failure;

/// Writes a text and a newline to standard output. Whoever reads no further has enough.
pub(super) fn out(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(text.trim_end_matches('\n').as_bytes());
    match written.and_then(|()| stdout.write_all(b"\n")).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::Error(format!("cannot write to standard output: {error}")))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// A text that somebody else wrote, as one line on a terminal: control characters, and those that
/// change the direction of text, are written out.
pub(super) fn plain(text: &str) -> Cow<'_, str> {
    if !text.chars().any(hides) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if hides(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// The same for a text of several lines.
pub(super) fn lines(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(plain).collect();
    lines.join("\n")
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        )
}

/// Colours, if anybody sees them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    is_coloured: bool,
}

impl Style {
    /// Of standard output.
    pub(super) fn stdout() -> Self {
        let is_wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self { is_coloured: is_wanted && !is_dumb && std::io::stdout().is_terminal() }
    }

    fn paint(self, code: &str, text: &str) -> String {
        if self.is_coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// What one looks at first.
    pub(super) fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Where a run stands, in its colour, at least this wide.
    pub(super) fn standing(self, word: &str, width: usize) -> String {
        let code = match word {
            "waiting" => "33",
            "active" | "approved" => "32",
            "denied" | "failed" => "31",
            _ => "2",
        };
        self.paint(code, &format!("{word:width$}"))
    }
}

/// Where a run stands, in one word.
pub(super) const fn word(status: Status, outcome: Option<Outcome>) -> &'static str {
    match (status, outcome) {
        (Status::Pending, _) => "waiting",
        (Status::Closed, Some(outcome)) => outcome.as_str(),
        (status, _) => status.as_str(),
    }
}

/// Rows with aligned columns under their heads; the last column is as wide as it likes.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let safe: Vec<Vec<Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| plain(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = safe.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        let head = heads.get(column).map_or(0, |head| head.chars().count());
        cells.chain([head]).max().unwrap_or_default()
    };
    let widths: Vec<_> = (0..heads.len()).map(width).collect();
    let line = |cells: &[&str]| {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        format!("{}\n", line.trim_end())
    };
    let mut text = Style::stdout().bold(line(heads).trim_end());
    text.push('\n');
    for row in &safe {
        let cells: Vec<_> = row.iter().map(AsRef::as_ref).collect();
        text.push_str(&line(&cells));
    }
    text
}

/// What time it is, and where.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    /// Here and now.
    pub(super) fn local() -> Self {
        Self { now: Timestamp::now(), zone: TimeZone::system() }
    }

    /// What time it is.
    pub(super) const fn now(&self) -> Timestamp {
        self.now
    }

    /// Where.
    pub(super) const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// A time: the hour if it is today, the day too if not.
    pub(super) fn at(&self, at: Timestamp) -> String {
        let (there, here) = (at.to_zoned(self.zone.clone()), self.now.to_zoned(self.zone.clone()));
        let form = if there.date() == here.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        there.strftime(form).to_string()
    }

    /// A time to the second.
    pub(super) fn exactly(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A time with how far off it is: `16:40 (in 47 min)`.
    pub(super) fn both(&self, at: Timestamp) -> String {
        let seconds = at.duration_since(self.now).as_secs();
        let (number, unit) = match seconds.unsigned_abs() {
            0..5 => return format!("{} (now)", self.at(at)),
            seconds @ 5..60 => (seconds, "s"),
            seconds @ 60..5_400 => ((seconds + 30) / 60, "min"),
            seconds @ 5_400..129_600 => ((seconds + 1_800) / 3_600, "h"),
            seconds => ((seconds + 43_200) / 86_400, "days"),
        };
        let far = match seconds {
            ..0 => format!("{number} {unit} ago"),
            0.. => format!("in {number} {unit}"),
        };
        format!("{} ({far})", self.at(at))
    }
}

/// `, 1h`, where there is a duration.
pub(super) fn for_so_long(duration: Option<Duration>) -> String {
    duration.map_or_else(String::new, |duration| format!(", {duration}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_somebody_wrote_reaches_the_terminal_as_a_command() {
        assert_eq!(plain("INC-42 ünï"), "INC-42 ünï");
        assert_eq!(plain("a\x1b[31mb\r\nc\u{202e}d"), "a\\u{1b}[31mb\\r\\nc\\u{202e}d");
        assert_eq!(lines("a\nb\x07"), "a\nb\\u{7}");
    }

    #[test]
    fn columns_are_aligned_by_characters() {
        let rows = vec![vec!["ü".to_owned(), "x".to_owned()], vec!["long".into(), "y".into()]];
        assert_eq!(table(&["A", "B"], &rows), "A     B\nü     x\nlong  y\n");
    }

    #[test]
    fn a_time_says_how_far_off_it_is() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let clock = Clock { now: "2026-03-02T15:00:00Z".parse().unwrap(), zone };
        let both = |at: &str| clock.both(at.parse().unwrap());
        assert_eq!(both("2026-03-02T15:47:00Z"), "16:47 (in 47 min)");
        assert_eq!(both("2026-03-02T12:00:00Z"), "13:00 (3 h ago)");
        assert_eq!(both("2026-03-05T12:00:00Z"), "2026-03-05 13:00 (in 3 days)");
        assert_eq!(both("2026-03-02T15:00:02Z"), "16:00 (now)");
    }
}
