//! The crash test: the real server is killed at any moment while stories run, again and again, and
//! loses nothing that it accepted.
//!
//! `cargo run --release -p countersign-tests --bin kill -- --times 1000`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use countersign_tests::crash::{self, Plan};
use countersign_tests::server;

/// Kills the server at any moment, and looks at what is left.
#[derive(Debug, Parser)]
struct Args {
    /// How often.
    #[arg(long, default_value_t = 20)]
    times: u32,
    /// Repeats the choices of an earlier run. What the machine does meanwhile is its own.
    #[arg(long)]
    seed: Option<u64>,
    /// A few kills and few people.
    #[arg(long)]
    quick: bool,
    /// The program to kill; left out, the one of `examples/infra-access`.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Where the stores are made, and kept when something broke.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Result<bool, String> {
    let by_clock =
        || u64::from(std::process::id()) ^ jiff::Timestamp::now().as_second().unsigned_abs();
    let plan = Plan {
        times: if args.quick { args.times.min(3) } else { args.times },
        people: if args.quick { 8 } else { 24 },
        seed: args.seed.unwrap_or_else(by_clock),
        binary: server::binary(args.server)?,
        data: args.data,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|error| error.to_string())?.block_on(crash::run(&plan))
}
