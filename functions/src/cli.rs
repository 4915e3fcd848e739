//! The command line: the program itself. One file per command.
//!
//! Most commands talk to a server by its API, so that they may do what anybody may, and no more.
//! What a program prints for people goes through [`print`], which makes it safe for a terminal;
//! with `--json` they print what the API answers and nothing else. How commands end is a table in
//! [`exit`].

mod answer;
mod approve;
mod cancel;
mod client;
mod decide;
mod deny;
mod dev;
mod exit;
mod extend;
mod follow;
mod preview;
mod print;
mod request;
mod revoke;
mod runs;
mod source;
mod story;
mod words;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;
use exit::{Exit, Failure};

/// Runs the program: what `main!` calls.
#[must_use]
pub fn main(app: &App) -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Dev(dev::Dev::default()));
    let exit = run(command, app).unwrap_or_else(|failure| failure.report());
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
    Extend(extend::Extend),
    Answer(answer::Answer),
    Runs(runs::Runs),
}

fn run(command: Command, app: &App) -> Result<Exit, Failure> {
    if let Command::Dev(dev) = command {
        return dev.run(app);
    }
    log();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::error(&error))?;
    runtime.block_on(async {
        match command {
            Command::Dev(dev) => dev.run(app),
            Command::Request(request) => request.run(app).await,
            Command::Preview(preview) => preview.run().await,
            Command::Approve(approve) => approve.run(app).await,
            Command::Deny(deny) => deny.run(app).await,
            Command::Cancel(cancel) => cancel.run(app).await,
            Command::Revoke(revoke) => revoke.run(app).await,
            Command::Extend(extend) => extend.run(app).await,
            Command::Answer(answer) => answer.run(app).await,
            Command::Runs(runs) => runs.run(app).await,
        }
    })
}

/// Warnings and errors go to standard error, a line each.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds it set already.
    let _ = lines.try_init();
}
