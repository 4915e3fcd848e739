//! Durations for people.

use std::time::Duration;

/// `0.4 s`, `59.9 s`, `2 min 05 s`.
pub(crate) fn show(duration: Duration) -> String {
    let tenths = (duration.as_millis() + 50) / 100;
    if tenths < 600 {
        return format!("{}.{} s", tenths / 10, tenths % 10);
    }
    let seconds = (duration.as_millis() + 500) / 1000;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long() {
        let shown = |millis| show(Duration::from_millis(millis));
        assert_eq!(shown(0), "0.0 s");
        assert_eq!(shown(440), "0.4 s");
        assert_eq!(shown(59_940), "59.9 s");
        assert_eq!(shown(59_990), "1 min 00 s");
        assert_eq!(shown(125_499), "2 min 05 s");
    }
}
