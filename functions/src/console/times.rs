//! Times as people read them, in the environment's zone, and how far off they are.

use countersign::model::Timestamp;
use jiff::tz::TimeZone;
use maud::{Markup, html};

use super::App;

/// What time it is, and where.
#[derive(Debug, Clone)]
pub(super) struct Clock {
    now: Timestamp,
    zone: TimeZone,
}

impl Clock {
    pub(super) fn of(app: &App) -> Self {
        let runner = &app.desk.runner;
        Self { now: runner.host.now(), zone: runner.environment.zone.clone() }
    }

    /// A time: the hour if it is today, the day too if not.
    pub(super) fn at(&self, at: Timestamp) -> Markup {
        let there = at.to_zoned(self.zone.clone());
        let here = self.now.to_zoned(self.zone.clone());
        let form = if there.date() == here.date() {
            "%H:%M"
        } else if there.year() == here.year() {
            "%a %-d %b, %H:%M"
        } else {
            "%-d %b %Y, %H:%M"
        };
        self.element(at, form)
    }

    /// A time to the second.
    pub(super) fn exactly(&self, at: Timestamp) -> Markup {
        let there = at.to_zoned(self.zone.clone());
        let is_today = there.date() == self.now.to_zoned(self.zone.clone()).date();
        self.element(at, if is_today { "%H:%M:%S" } else { "%-d %b, %H:%M:%S" })
    }

    fn element(&self, at: Timestamp, form: &str) -> Markup {
        let there = at.to_zoned(self.zone.clone());
        let full = there.strftime("%A, %-d %B %Y, %H:%M:%S %Z").to_string();
        html! { time datetime=(at) title=(full) { (there.strftime(form).to_string()) } }
    }

    /// How far off a time is: `in 47 min`, `3 h ago`.
    pub(super) fn distance(&self, at: Timestamp) -> String {
        let seconds = at.duration_since(self.now).as_secs();
        let (number, unit) = match seconds.unsigned_abs() {
            0..5 => return if seconds <= 0 { "just now".into() } else { "now".into() },
            seconds @ 5..60 => (seconds, "s"),
            seconds @ 60..5_400 => ((seconds + 30) / 60, "min"),
            seconds @ 5_400..129_600 => ((seconds + 1_800) / 3_600, "h"),
            seconds => ((seconds + 43_200) / 86_400, "days"),
        };
        if seconds < 0 { format!("{number} {unit} ago") } else { format!("in {number} {unit}") }
    }

    /// A time with how far off it is.
    pub(super) fn both(&self, at: Timestamp) -> Markup {
        html! { (self.at(at)) " (" (self.distance(at)) ")" }
    }

    /// Where the times are.
    pub(super) fn zone_name(&self) -> String {
        self.zone.iana_name().unwrap_or("UTC").to_owned()
    }

    /// A time as a form's field takes it, and reads it again.
    pub(super) fn read(&self, typed: &str) -> Option<Timestamp> {
        let there: jiff::civil::DateTime = typed.parse().ok()?;
        there.to_zoned(self.zone.clone()).ok().map(|zoned| zoned.timestamp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        Clock { now: "2026-03-02T15:00:00Z".parse().unwrap(), zone }
    }

    #[test]
    fn a_time_is_shown_in_the_zone_and_says_how_far_off_it_is() {
        let at = "2026-03-02T15:47:00Z".parse().unwrap();
        let shown = clock().both(at).into_string();
        assert!(shown.contains(">16:47</time> (in 47 min)"), "{shown}");
        assert!(shown.contains("datetime=\"2026-03-02T15:47:00Z\""), "{shown}");
        let tomorrow = clock().at("2026-03-03T07:00:00Z".parse().unwrap()).into_string();
        assert!(tomorrow.contains(">Tue 3 Mar, 08:00</time>"), "{tomorrow}");
    }

    #[test]
    fn far_and_near_are_told_apart() {
        let now = clock().now;
        let after = |seconds| now + jiff::SignedDuration::from_secs(seconds);
        assert_eq!(clock().distance(after(-7_200)), "2 h ago");
        assert_eq!(clock().distance(after(-2)), "just now");
        assert_eq!(clock().distance(after(40)), "in 40 s");
        assert_eq!(clock().distance(after(3 * 86_400)), "in 3 days");
    }

    #[test]
    fn what_is_typed_is_meant_in_the_zone() {
        let read = clock().read("2026-03-02T22:00");
        assert_eq!(read, "2026-03-02T21:00:00Z".parse().ok());
        assert_eq!(clock().read("tomorrow"), None);
    }
}
