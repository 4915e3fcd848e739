//! `policy`: policies in Rego and Sentinel, asked and tested.

mod eval;
mod test;

use clap::{Args, Subcommand};

use super::exit::{Exit, Failure};

/// Ask and test policies in Rego and Sentinel.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  policy eval requesters.rego --input '{\"user\": {\"groups\": [\"eng\"]}}'
  policy test policies/")]
pub(super) struct Policy {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Eval(eval::Eval),
    Test(test::Test),
}

impl Policy {
    pub(super) fn run(self) -> Result<Exit, Failure> {
        match self.verb {
            Verb::Eval(eval) => eval.run(),
            Verb::Test(test) => test.run(),
        }
    }
}
