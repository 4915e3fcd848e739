//! cargo-deny, which checks licences, bans and sources of what we depend on.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Found, Piece, cache};
use crate::exec;

/// The program.
pub(crate) const CARGO_DENY: &str = "COUNTERSIGN_CARGO_DENY";

const VERSION: &str = "0.20.2";

pub(super) const PIECE: Piece = Piece {
    name: "cargo-deny",
    serves: "licences, banned crates and sources",
    installs: "cargo-deny from crates.io, which is built (some minutes, once)",
    remedy: "`cargo install --locked cargo-deny`, or name one in COUNTERSIGN_CARGO_DENY",
    find,
    install,
};

/// The one that the variable names, that on the search path, or that which was installed.
fn find() -> Result<Found, String> {
    let chosen = std::env::var_os(CARGO_DENY).filter(|value| !value.is_empty()).map(PathBuf::from);
    let installed = || cache::place(PIECE.name).map(|folder| program(&folder));
    let places = [chosen, exec::on_path("cargo-deny"), installed()];
    let found = places.into_iter().flatten().find_map(|program| {
        let version = exec::first_line(Command::new(&program).arg("--version"))?;
        Some(Found { version, env: vec![(CARGO_DENY, program)] })
    });
    found.ok_or_else(|| "there is no cargo-deny".to_owned())
}

/// Built with less care for its speed than a release has: that takes half the time.
fn install(folder: &Path) -> Result<(), String> {
    let root = folder.to_str().ok_or_else(|| format!("{} is no UTF-8", folder.display()))?;
    let crate_version = format!("cargo-deny@{VERSION}");
    let mut install = exec::cargo(Path::new("."), &["install", "--locked", "--quiet"]);
    install.args(["--root", root, &crate_version]);
    install.args(["--config", "profile.release.lto=false"]);
    install.args(["--config", "profile.release.codegen-units=16"]);
    exec::pass(&mut install)
}

fn program(folder: &Path) -> PathBuf {
    folder.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX))
}
