//! An emulator of AWS: the tables, functions, schedules and what else a deployment needs.

use std::path::PathBuf;

use super::{Found, Piece, python};

const PROGRAM: &str = "COUNTERSIGN_MINISTACK";

/// Tokens are only checked where `cryptography` is.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography==50.0.2"];

/// What it is called.
pub(crate) const NAME: &str = "ministack";

pub(super) const PIECE: Piece = Piece {
    name: NAME,
    serves: "tests on AWS services",
    installs: "ministack from PyPI, in an environment of its own (110 MB)",
    remedy: "install Python 3.10 or `uv`, or name a ministack 1.5 in COUNTERSIGN_MINISTACK",
    find,
    install: |folder| python::install(folder, &PACKAGES),
};

/// The one that the variable names, or the one that was installed. It has no way to say its version
/// without starting.
fn find() -> Result<Found, String> {
    let chosen = std::env::var_os(PROGRAM).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (version, program) = match chosen.filter(|program| program.is_file()) {
        Some(program) => (program.display().to_string(), program),
        None => match python::program(NAME, &PACKAGES, NAME) {
            Some(program) => (PACKAGES.join(", "), program),
            None => return Err("there is no ministack".into()),
        },
    };
    Ok(Found { version, env: vec![(PROGRAM, program)] })
}
