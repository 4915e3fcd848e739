//! The command line: the program itself. One file per command.
//!
//! Most commands talk to a server by its API, so that they may do what anybody may, and no more.
//! What a program prints for people goes through [`print`], which makes it safe for a terminal;
//! with `--json` they print what the API answers and nothing else. How commands end is a table in
//! `exit`.

mod answer;
mod approve;
mod audit;
mod cancel;
mod check;
mod client;
mod decide;
mod deny;
mod dev;
mod doctor;
mod exit;
mod extend;
mod follow;
mod grants;
mod identities;
mod manifest;
#[cfg(feature = "policy")]
mod policy;
mod preview;
mod print;
mod request;
mod revoke;
mod runs;
mod schema;
#[cfg(feature = "sentinel")]
mod sentinel;
mod slack_manifest;
mod source;
mod story;
mod tokens;
mod users;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use exit::{Exit, Failure};

/// Runs the command that the arguments say.
#[must_use]
pub fn main(app: &'static App) -> ExitCode {
    let exit = match Cli::try_parse() {
        Ok(cli) => {
            let command = cli.command.unwrap_or(Command::Dev(dev::Dev::default()));
            #[cfg(feature = "sentinel")]
            if let Command::Sentinel(sentinel) = command {
                return sentinel.run();
            }
            run(command, app).unwrap_or_else(|failure| failure.report())
        }
        // `--help` and `--version`.
        Err(error) if !error.use_stderr() => error.exit(),
        Err(error) => Failure::Usage(error.to_string()).report(),
    };
    ExitCode::from(exit.code())
}

/// Just-in-time access with approvals.
#[derive(Debug, Parser)]
#[command(version, about, after_help = exit::HELP)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Dev),
    Request(request::Request),
    Preview(preview::Preview),
    Approve(approve::Approve),
    Deny(deny::Deny),
    Cancel(cancel::Cancel),
    Revoke(revoke::Revoke),
    RevokeAll(revoke::RevokeAll),
    Extend(extend::Extend),
    Answer(answer::Answer),
    Runs(runs::Runs),
    Grants(grants::Grants),
    Users(users::Users),
    Identities(identities::Identities),
    Tokens(tokens::Tokens),
    Audit(audit::Audit),
    Check(check::Check),
    Doctor(doctor::Examine),
    Manifest(manifest::Manifest),
    Schema(schema::Schema),
    SlackManifest(slack_manifest::SlackManifest),
    #[cfg(feature = "policy")]
    Policy(policy::Policy),
    #[cfg(feature = "sentinel")]
    Sentinel(sentinel::Sentinel),
}

fn run(command: Command, app: &'static App) -> Result<Exit, Failure> {
    match command {
        Command::Dev(dev) => dev.run(app),
        Command::Check(check) => check.run(app),
        Command::Doctor(doctor) => wait_for(doctor.run(app)),
        Command::Manifest(manifest) => manifest.run(app),
        Command::Schema(schema) => schema.run(),
        Command::SlackManifest(manifest) => manifest.run(),
        #[cfg(feature = "policy")]
        Command::Policy(policy) => policy.run(),
        // Done already: its exit codes are not in our table.
        #[cfg(feature = "sentinel")]
        Command::Sentinel(_) => Ok(Exit::Done),
        Command::Request(request) => wait_for(request.run(app)),
        Command::Preview(preview) => wait_for(preview.run()),
        Command::Approve(approve) => wait_for(approve.run(app)),
        Command::Deny(deny) => wait_for(deny.run(app)),
        Command::Cancel(cancel) => wait_for(cancel.run(app)),
        Command::Revoke(revoke) => wait_for(revoke.run(app)),
        Command::RevokeAll(revoke) => wait_for(revoke.run()),
        Command::Extend(extend) => wait_for(extend.run(app)),
        Command::Answer(answer) => wait_for(answer.run(app)),
        Command::Runs(runs) => wait_for(runs.run(app)),
        Command::Grants(grants) => wait_for(grants.run()),
        Command::Users(users) => wait_for(users.run()),
        Command::Identities(identities) => wait_for(identities.run()),
        Command::Tokens(tokens) => wait_for(tokens.run()),
        Command::Audit(audit) => wait_for(audit.run()),
    }
}

/// Commands that wait for others need one thread.
fn wait_for(command: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Failure::error(&error))?.block_on(command)
}

/// Warnings and errors go to standard error, a line each.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds it set already.
    let _ = lines.try_init();
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn no_two_options_of_a_command_are_in_each_others_way() {
        Cli::command().debug_assert();
    }
}
