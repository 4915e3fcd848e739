//! `cargo xtask verify`: the one command, for people and for CI alike.
//!
//! A run is a list of [parts](parts::Part): the rig, formatting, lints, tests and so on. Each can be
//! run alone (`cargo xtask lint`). Nothing but Rust and a C compiler is needed beforehand: what else
//! the tests want, the [rig] installs, and says so.

mod args;
mod deploy;
mod duration;
mod exec;
mod package;
mod parts;
mod report;
mod rig;
mod session;

use std::process::ExitCode;

use args::Request;
use report::Report;
use session::Session;

fn main() -> ExitCode {
    match args::parse(std::env::args().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", args::usage());
            ExitCode::SUCCESS
        }
        Ok(Request::Run(plan)) => with_session(|session| {
            run(&plan, Session { times: plan.times, full: plan.full, ..session })
        }),
        Ok(Request::Package(order)) => with_session(|session| package::run(&session.root, &order)),
        Ok(Request::Deploy(order)) => with_session(|mut session| deploy::run(&mut session, &order)),
        Err(problem) => refuse(&format!("{problem}\n\n{}", args::usage())),
    }
}

fn with_session(run: impl FnOnce(Session) -> ExitCode) -> ExitCode {
    match Session::start() {
        Ok(session) => run(session),
        Err(problem) => refuse(&problem),
    }
}

/// Runs the plan's parts in order; a failure does not keep the others from running.
fn run(plan: &args::Plan, mut session: Session) -> ExitCode {
    let mut report = Report::default();
    for part in &plan.parts {
        if plan.named || (part.applies)(&session.root) {
            report.time(part.name, || (part.run)(&mut session));
        }
        if plan.fail_fast && report.failed() > 0 {
            session.gaps.push(format!("all parts after {}, by --fail-fast", part.name));
            break;
        }
    }
    print!("{}", report.summary(&session.gaps));
    if report.failed() == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn refuse(problem: &str) -> ExitCode {
    eprintln!("error: {}", problem.trim_end());
    ExitCode::from(2)
}
