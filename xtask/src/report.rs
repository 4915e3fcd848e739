//! What is printed while the parts run, and the summary at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::duration;

/// How a part ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All of it held.
    Passed,
    /// It ran and found something wrong; the text says what.
    Failed(String),
    /// It could not run here; [`Session::gaps`](crate::session::Session) says why and what to do.
    Skipped,
}

/// The parts that ran, in their order.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl Report {
    /// Runs one part, announces it and notes how it ended.
    pub(crate) fn time(&mut self, name: &'static str, part: impl FnOnce() -> Outcome) {
        println!("\n==> {name}");
        let start = Instant::now();
        let outcome = part();
        let row = Row { name, outcome, took: start.elapsed() };
        println!("<== {name}: {} in {}", row.word(), duration::show(row.took));
        self.rows.push(row);
    }

    /// How many parts failed so far.
    pub(crate) fn failed(&self) -> usize {
        self.count(|outcome| matches!(outcome, Outcome::Failed(_)))
    }

    /// The table, everything that was left out, and as the very last line the counts.
    pub(crate) fn summary(&self, gaps: &[String]) -> String {
        let mut text = String::from("\n");
        for row in &self.rows {
            let line =
                format!("{:<10} {:<8} {:>11}", row.name, row.word(), duration::show(row.took));
            let reason = if let Outcome::Failed(reason) = &row.outcome { reason } else { "" };
            let _ = writeln!(text, "{}", format!("{line}  {reason}").trim_end());
        }
        for gap in gaps {
            let _ = writeln!(text, "SKIPPED: {gap}");
        }
        let passed = self.count(|outcome| *outcome == Outcome::Passed);
        let skipped = self.count(|outcome| *outcome == Outcome::Skipped);
        let _ = writeln!(text, "{passed} passed, {} failed, {skipped} skipped", self.failed());
        text
    }

    fn count(&self, which: impl Fn(&Outcome) -> bool) -> usize {
        self.rows.iter().filter(|row| which(&row.outcome)).count()
    }
}

impl Row {
    /// Failures shout, so that they are found in a long log.
    fn word(&self) -> &'static str {
        match self.outcome {
            Outcome::Passed => "passed",
            Outcome::Failed(_) => "FAILED",
            Outcome::Skipped => "skipped",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, outcome: Outcome, millis: u64) -> Row {
        Row { name, outcome, took: Duration::from_millis(millis) }
    }

    #[test]
    fn a_summary_ends_with_the_counts() {
        let report = Report {
            rows: vec![
                row("fmt", Outcome::Passed, 400),
                row("lint", Outcome::Failed("`cargo clippy` ended with code 101".into()), 75_000),
                row("deny", Outcome::Skipped, 0),
            ],
        };
        let gaps = ["licences: no cargo-deny".to_owned()];
        assert_eq!(
            report.summary(&gaps),
            "
fmt        passed         0.4 s
lint       FAILED    1 min 15 s  `cargo clippy` ended with code 101
deny       skipped        0.0 s
SKIPPED: licences: no cargo-deny
1 passed, 1 failed, 1 skipped
"
        );
    }

    #[test]
    fn a_run_of_nothing_counts_to_zero() {
        assert_eq!(Report::default().summary(&[]), "\n0 passed, 0 failed, 0 skipped\n");
    }

    #[test]
    fn outcomes_are_counted_as_parts_end() {
        let mut report = Report::default();
        report.time("fmt", || Outcome::Passed);
        report.time("lint", || Outcome::Failed("warnings".into()));
        assert_eq!(report.failed(), 1);
        assert!(report.summary(&[]).ends_with("\n1 passed, 1 failed, 0 skipped\n"));
    }
}
