//! Text as Slack takes it: what people wrote stays what it is, and nothing is longer than it may be.
//! Source: <https://docs.slack.dev/messaging/formatting-message-text>.

use std::collections::BTreeMap;

use countersign::model::Timestamp;

/// Somebody's words inside Slack's markup: without commands, and without characters that turn the
/// direction of what follows or are not seen.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in plain(text).chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// Somebody's words where Slack looks for no markup.
#[must_use]
pub fn plain(text: &str) -> String {
    let shown = |character: char| match character {
        '\n' | '\t' => character,
        // Each turns the direction of what follows, or is not seen.
        '\u{061c}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}'
        | '\u{feff}' => '\u{fffd}',
        character if character.is_control() => '\u{fffd}',
        character => character,
    };
    text.chars().map(shown).collect()
}

/// A text of at most so many characters, and whether that is all of it. Where it is not, the last one
/// says so.
#[must_use]
pub fn cut(text: &str, most: usize) -> (String, bool) {
    if text.chars().count() <= most {
        return (text.to_owned(), true);
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    (short, false)
}

/// An escaped text of at most so many characters; what was escaped, and each mark of ours, stays whole.
#[must_use]
pub fn cut_escaped(text: &str, most: usize) -> (String, bool) {
    let (short, is_all) = cut(text, most);
    if is_all {
        return (short, true);
    }
    let body = short.trim_end_matches('…');
    let whole = |body: &str, begin: char, end: char| match body.rfind(begin) {
        Some(at) if !body.get(at..).unwrap_or_default().contains(end) => {
            body.get(..at).unwrap_or_default().to_owned()
        }
        Some(_) | None => body.to_owned(),
    };
    let body = whole(&whole(body, '<', '>'), '&', ';');
    (format!("{body}…"), false)
}

/// A moment, as each reader's own clock has it.
#[must_use]
pub fn date(at: Timestamp) -> String {
    let (seconds, utc) = (at.as_second(), at.strftime("%Y-%m-%d %H:%M UTC"));
    format!("<!date^{seconds}^{{date_short_pretty}} {{time}}|{utc}>")
}

/// A link. The address is our own.
#[must_use]
pub fn link(url: &str, label: &str) -> String {
    format!("<{}|{}>", escape(url).replace('|', "%7C"), escape(label))
}

/// What people are called in Slack, by what they are called here: as Slack takes it in its markup.
pub type Names = BTreeMap<String, String>;

/// Marks a moment in text that is escaped later; see [`with_marks`].
#[must_use]
pub fn moment_marked(at: Timestamp) -> String {
    format!("\u{e000}{}\u{e001}", at.as_second())
}

/// Marks a name in text that is escaped later; see [`with_marks`].
#[must_use]
pub fn name_marked(name: &str) -> String {
    format!("\u{e000}{name}\u{e001}")
}

/// Escapes a text, and makes dates of the moments and mentions of the names that were marked in it.
#[must_use]
pub fn with_marks(text: &str, names: &Names) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{e000}') {
        done.push_str(&escape(before));
        let Some((marked, after)) = after.split_once('\u{e001}') else {
            rest = after;
            break;
        };
        let at = marked.parse().ok().and_then(|at| Timestamp::from_second(at).ok());
        let shown = at.map(date).or_else(|| names.get(marked).cloned());
        done.push_str(&shown.unwrap_or_else(|| escape(marked)));
        rest = after;
    }
    done.push_str(&escape(rest));
    done
}

/// Makes dates of the times that the engine wrote in UTC, such as `2026-11-22 10:00 UTC`, unless that
/// has more characters than this.
#[must_use]
pub fn with_clocks(text: &str, most: usize) -> String {
    const LENGTH: usize = "2026-11-22 10:00 UTC".len();
    let mut done = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(" UTC") {
        let end = at.saturating_add(" UTC".len());
        let start = end.checked_sub(LENGTH);
        let clock = start.and_then(|start| Some((rest.get(..start)?, rest.get(start..end)?)));
        let moment = clock.and_then(|(before, clock)| Some((before, moment(clock)?)));
        match moment {
            Some((before, moment)) => {
                done.push_str(before);
                done.push_str(&date(moment));
            }
            None => done.push_str(rest.get(..end).unwrap_or_default()),
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    done.push_str(rest);
    if done.chars().count() > most { text.to_owned() } else { done }
}

fn moment(clock: &str) -> Option<Timestamp> {
    let (day, rest) = clock.split_once(' ')?;
    let time = rest.strip_suffix(" UTC")?;
    format!("{day}T{time}:00Z").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_wrote_commands_nothing_and_hides_nothing() {
        assert_eq!(
            escape("<!channel> a&b <@U1> &lt;"),
            "&lt;!channel&gt; a&amp;b &lt;@U1&gt; &amp;lt;"
        );
        assert_eq!(
            escape("safe\u{202e}txt.exe\u{2066}\u{200f}"),
            "safe\u{fffd}txt.exe\u{fffd}\u{fffd}"
        );
        assert_eq!(escape("a\u{0}b\r\nc"), "a\u{fffd}b\u{fffd}\nc");
        assert_eq!(escape("\u{feff}zero\u{200b}width"), "\u{fffd}zero\u{fffd}width");
    }

    #[test]
    fn what_is_cut_says_so_and_stays_whole() {
        assert_eq!(cut("abc", 3), ("abc".to_owned(), true));
        assert_eq!(cut("abcd", 3), ("ab…".to_owned(), false));
        assert_eq!(cut("äöüß", 3), ("äö…".to_owned(), false));
        assert_eq!(cut_escaped("a&amp;bcdef", 5), ("a…".to_owned(), false));
        assert_eq!(cut_escaped("a&amp;bcdef", 8), ("a&amp;b…".to_owned(), false));
        assert_eq!(cut_escaped("a <@U1234> b", 9), ("a …".to_owned(), false));
        assert_eq!(cut_escaped("a <@U1234> b", 11), ("a <@U1234>…".to_owned(), false));
    }

    #[test]
    fn times_in_utc_are_each_readers_own() {
        let token = "<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>";
        let token = token.replace("1700000000", "1699999980");
        assert_eq!(
            with_clocks("Ends 2023-11-14 22:13 UTC; äh UTC", 200),
            format!("Ends {token}; äh UTC")
        );
        assert_eq!(with_clocks("2023-99-99 22:13 UTC", 200), "2023-99-99 22:13 UTC");
    }

    #[test]
    fn many_times_stay_as_they_are_rather_than_be_too_long() {
        let text = "2023-11-14 22:13 UTC ".repeat(90);
        assert_eq!(with_clocks(&text, 2_000), text);
    }

    #[test]
    fn moments_are_dates_and_nobody_else_makes_any() {
        let at = Timestamp::from_second(1_700_000_000).unwrap();
        let token = "<!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>";
        assert_eq!(
            with_marks(&format!("until {}, <b>", moment_marked(at)), &Names::new()),
            format!("until {token}, &lt;b&gt;")
        );
        assert_eq!(with_marks("\u{e000}<!here>\u{e001}", &Names::new()), "&lt;!here&gt;");
        assert_eq!(with_marks("a\u{e000}<", &Names::new()), "a&lt;");
        assert_eq!(escape("<!date^1^{time}|now>"), "&lt;!date^1^{time}|now&gt;");
    }
}
