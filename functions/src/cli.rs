//! The command line: the program itself. One file per command.

mod dev;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::App;

/// Runs the program: what `main!` calls.
#[must_use]
pub fn main(app: &App) -> ExitCode {
    let cli = Cli::parse();
    match cli.command.unwrap_or(Command::Dev(dev::Dev::default())) {
        Command::Dev(dev) => dev.run(app),
    }
}

/// Just-in-time access with approvals.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the whole system on this machine, with an embedded store (the default).
    Dev(dev::Dev),
}

/// Warnings and errors go to standard error, a line each.
fn log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("COUNTERSIGN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn"));
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second call finds it set already.
    let _ = lines.try_init();
}
