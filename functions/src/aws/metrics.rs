//! Metrics in `CloudWatch`'s embedded format: one line of the log, from which `CloudWatch` makes
//! metrics by itself.

use std::io::Write;

use countersign::model::Timestamp;
use serde_json::{Value, json};

/// The namespace of all metrics. They have one dimension: the environment.
pub const NAMESPACE: &str = "Countersign";

/// What is counted or measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Ends of access that are overdue by two minutes or more.
    OverdueEnds,
    /// For how long the oldest command has waited, in seconds.
    OldestCommandSeconds,
    /// Commands that were set aside because they could not be handled.
    Quarantined,
    /// Stream records and schedules that were set aside because they made no sense.
    DeadLetters,
    /// What of the work on the audit tree failed, and is tried again.
    AuditFailures,
    /// Receivers of audit entries that fail.
    ExportFailures,
    /// How many batches of the audit tree the slowest receiver does not have all of.
    ExportBatchesBehind,
    /// That a sweep came to its end.
    SweepRan,
    /// That a function cannot use its settings.
    SettingsRefused,
    /// Requests at Slack's addresses that Slack did not send.
    SlackForged,
}

impl Metric {
    const fn name(self) -> &'static str {
        match self {
            Self::OverdueEnds => "OverdueEnds",
            Self::OldestCommandSeconds => "OldestCommandSeconds",
            Self::Quarantined => "Quarantined",
            Self::DeadLetters => "DeadLetters",
            Self::AuditFailures => "AuditFailures",
            Self::ExportFailures => "ExportFailures",
            Self::ExportBatchesBehind => "ExportBatchesBehind",
            Self::SweepRan => "SweepRan",
            Self::SettingsRefused => "SettingsRefused",
            Self::SlackForged => "SlackForged",
        }
    }

    const fn unit(self) -> &'static str {
        match self {
            Self::OldestCommandSeconds => "Seconds",
            Self::OverdueEnds
            | Self::Quarantined
            | Self::DeadLetters
            | Self::AuditFailures
            | Self::ExportFailures
            | Self::ExportBatchesBehind
            | Self::SweepRan
            | Self::SettingsRefused
            | Self::SlackForged => "Count",
        }
    }
}

/// Notes values of metrics.
pub fn note(environment: &str, now: Timestamp, values: &[(Metric, u64)]) {
    // A log that cannot be written to is missed by `CloudWatch`, and alarms there.
    let _ = writeln!(std::io::stdout(), "{}", line(environment, now, values));
}

fn line(environment: &str, now: Timestamp, values: &[(Metric, u64)]) -> Value {
    let definition =
        |(metric, _): &(Metric, u64)| json!({ "Name": metric.name(), "Unit": metric.unit() });
    let definitions: Vec<_> = values.iter().map(definition).collect();
    let mut line = json!({
        "_aws": {
            "Timestamp": now.as_millisecond(),
            "CloudWatchMetrics": [{
                "Namespace": NAMESPACE,
                "Dimensions": [["environment"]],
                "Metrics": definitions,
            }],
        },
        "environment": environment,
    });
    if let Value::Object(line) = &mut line {
        line.extend(values.iter().map(|(metric, value)| (metric.name().to_owned(), json!(value))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Metric; 9] = [
        Metric::OverdueEnds,
        Metric::OldestCommandSeconds,
        Metric::Quarantined,
        Metric::DeadLetters,
        Metric::AuditFailures,
        Metric::ExportFailures,
        Metric::ExportBatchesBehind,
        Metric::SweepRan,
        Metric::SettingsRefused,
    ];

    #[test]
    fn each_has_an_alarm_a_place_on_the_dashboard_and_a_line_in_the_readme() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../infra");
        for (file, quote) in [
            ("modules/alarms/alarms.tf", '"'),
            ("modules/alarms/dashboard.tf", '"'),
            ("README.md", '`'),
        ] {
            let text = std::fs::read_to_string(folder.join(file)).unwrap();
            for metric in ALL {
                let name = format!("{quote}{}{quote}", metric.name());
                assert!(text.contains(&name), "{name} is not in infra/{file}");
            }
        }
    }

    #[test]
    fn a_line_is_what_cloudwatch_reads() {
        let now = Timestamp::from_millisecond(1_000).unwrap();
        let values = [(Metric::OverdueEnds, 2), (Metric::OldestCommandSeconds, 7)];
        assert_eq!(
            line("prod", now, &values),
            json!({
                "_aws": {
                    "Timestamp": 1_000,
                    "CloudWatchMetrics": [{
                        "Namespace": "Countersign",
                        "Dimensions": [["environment"]],
                        "Metrics": [
                            { "Name": "OverdueEnds", "Unit": "Count" },
                            { "Name": "OldestCommandSeconds", "Unit": "Seconds" },
                        ],
                    }],
                },
                "environment": "prod",
                "OverdueEnds": 2,
                "OldestCommandSeconds": 7,
            })
        );
    }
}
