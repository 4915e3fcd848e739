//! A second emulator of AWS, for what the first one lacks: IAM Identity Center and its identity store.

use std::path::PathBuf;

use super::{Found, Piece, python};

const PROGRAM: &str = "COUNTERSIGN_MOTO";

const PACKAGES: [&str; 1] = ["moto[server]==5.2.5"];

pub(super) const PIECE: Piece = Piece {
    name: "moto",
    serves: "tests of strategies on AWS",
    installs: "moto's server from PyPI, in an environment of its own (180 MB)",
    remedy: "install Python 3.10 or `uv`, or name a moto_server 5.2 in COUNTERSIGN_MOTO",
    find,
    install: |folder| python::install(folder, &PACKAGES),
};

/// The one that the variable names, or the one that was installed.
fn find() -> Result<Found, String> {
    let chosen = std::env::var_os(PROGRAM).filter(|value| !value.is_empty()).map(PathBuf::from);
    let (version, program) = match chosen.filter(|program| program.is_file()) {
        Some(program) => (program.display().to_string(), program),
        None => match python::program("moto", &PACKAGES, "moto_server") {
            Some(program) => (PACKAGES.join(", "), program),
            None => return Err("there is no moto".into()),
        },
    };
    Ok(Found { version, env: vec![(PROGRAM, program)] })
}
