//! `sentinel`: policies in the Sentinel language, tested and applied as its own program does it.

use std::io::{stderr, stdout};
use std::process::ExitCode;

use clap::Args;

/// Test and apply policies in the Sentinel language.
///
/// Options, files, output and exit codes are those of `sentinel test` and `sentinel apply`, and not
/// those of the other commands; `sentinel help` tells them.
#[derive(Debug, Args)]
#[command(
    disable_help_flag = true,
    after_help = "Example:
  sentinel test -json business-hours.sentinel"
)]
pub(super) struct Sentinel {
    /// `test` or `apply`, and its arguments.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    arguments: Vec<String>,
}

impl Sentinel {
    pub(super) fn run(self) -> ExitCode {
        let (mut out, mut errors) = (stdout().lock(), stderr().lock());
        ExitCode::from(countersign_sentinel::cli::run(&self.arguments, &mut out, &mut errors))
    }
}
