//! How a command ends: the one table of exit codes.

use std::fmt::Write as _;

use countersign::desk::{Problem, RunView};
use countersign::model::{Outcome, Status};

use super::print;

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    Error,
    Usage,
    Refused,
    Pending,
    Closed,
}

/// Every way to end, with what it means.
#[cfg(test)]
pub(super) const ALL: [Exit; 6] =
    [Exit::Done, Exit::Error, Exit::Usage, Exit::Refused, Exit::Pending, Exit::Closed];

/// The table, as `--help` prints it.
pub(super) const HELP: &str = "\
Exit codes:
  0  done; of a request: access is there, or it is approved
  1  error: no server, a server or a store that fails, settings or a record that are wrong
  2  usage: something is missing or malformed, here or in what the server was sent
  3  refused: by permission, by the flow, or by an approver
  4  pending: it is not decided yet
  5  closed otherwise: expired, cancelled, failed, or over already";

impl Exit {
    /// What the process ends with.
    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Error => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Pending => 4,
            Self::Closed => 5,
        }
    }

    /// Of a request, by where its run stands.
    pub(super) const fn of_request(run: &RunView) -> Self {
        match (run.status, run.outcome) {
            (Status::Active, _) | (Status::Closed, Some(Outcome::Approved)) => Self::Done,
            (Status::Pending | Status::Approved | Status::Granting, _) => Self::Pending,
            (Status::Closed, Some(Outcome::Denied | Outcome::Ignored)) => Self::Refused,
            (Status::Revoking | Status::Closed, _) => Self::Closed,
        }
    }

    /// Of a command to a run that was carried out: whatever it led to is what was wanted, unless
    /// it failed.
    pub(super) const fn of_command(run: &RunView) -> Self {
        match run.outcome {
            Some(Outcome::Failed) => Self::Closed,
            Some(_) | None => Self::Done,
        }
    }

    /// What a server's problem means.
    pub(super) fn of_problem(problem: &Problem) -> Self {
        match problem.status {
            400 | 413 | 415 | 422 => Self::Usage,
            400..500 if problem.code == "no_such_route" => Self::Error,
            400..500 if problem.fields.is_empty() => Self::Refused,
            400..500 => Self::Usage,
            _ => Self::Error,
        }
    }
}

/// Why a command did not do what it should.
#[derive(Debug)]
pub(super) enum Failure {
    /// It was called the wrong way.
    Usage(String),
    /// It cannot be done now.
    Error(String),
    /// The server, or the store's front desk, says what is wrong.
    Problem {
        problem: Box<Problem>,
        /// The document, as it came.
        body: String,
        /// Whether it is wanted as it came.
        json: bool,
    },
}

impl Failure {
    pub(super) fn error(error: &dyn std::error::Error) -> Self {
        Self::Error(chain(error))
    }

    /// A problem that did not come over the wire.
    pub(super) fn of(problem: Problem, json: bool) -> Self {
        let body = serde_json::to_string(&problem).unwrap_or_default();
        Self::Problem { problem: Box::new(problem), body, json }
    }

    /// Says what is wrong, and how the process ends.
    pub(super) fn report(&self) -> Exit {
        match self {
            Self::Usage(message) => {
                eprintln!("{}", print::lines(message));
                Exit::Usage
            }
            Self::Error(message) => {
                eprintln!("{}", print::lines(message));
                Exit::Error
            }
            Self::Problem { problem, body, json } => {
                if *json && let Err(failure) = print::out(body) {
                    return failure.report();
                }
                eprint!("{}", in_words(problem));
                Exit::of_problem(problem)
            }
        }
    }
}

/// A problem, a line for each field that is at fault.
fn in_words(problem: &Problem) -> String {
    let hint = |hint: &Option<String>| {
        hint.as_ref().map_or_else(String::new, |hint| format!("; {}", print::plain(hint)))
    };
    if problem.fields.is_empty() {
        let mut text = format!("{}: {}\n", problem.code, print::plain(&problem.detail));
        if let Some(hint) = &problem.hint {
            let _ = writeln!(text, "hint: {}", print::plain(hint));
        }
        return text;
    }
    let line = |field: &countersign::desk::FieldProblem| {
        let message = print::plain(&field.message);
        format!("{}: {message}{}\n", print::plain(&field.field), hint(&field.hint))
    };
    problem.fields.iter().map(line).collect()
}

/// An error with everything that it came from.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_has_its_line_in_the_help() {
        for exit in ALL {
            let line = format!("\n  {}  ", exit.code());
            assert!(HELP.contains(&line), "no line for {exit:?}");
        }
    }

    #[test]
    fn the_page_of_the_command_line_has_the_same_table() {
        let page = include_str!("../../../docs/cli.md");
        for line in HELP.lines().skip(1) {
            assert!(page.contains(line.trim()), "docs/cli.md lacks `{}`", line.trim());
        }
    }

    #[test]
    fn problems_are_told_apart() {
        let exit = |status, code| Exit::of_problem(&Problem::new(status, code, ""));
        assert_eq!(exit(403, "self_approval"), Exit::Refused);
        assert_eq!(exit(409, "already_decided"), Exit::Refused);
        assert_eq!(exit(404, "no_such_run"), Exit::Refused);
        assert_eq!(exit(404, "no_such_route"), Exit::Error);
        assert_eq!(exit(422, "invalid_request"), Exit::Usage);
        assert_eq!(exit(503, "store_unavailable"), Exit::Error);
        let field = Problem { status: 404, ..Problem::field("flow", "", "") };
        assert_eq!(Exit::of_problem(&field), Exit::Usage);
    }
}
