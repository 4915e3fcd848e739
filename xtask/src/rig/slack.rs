//! What Slack publishes about itself: the types of its messages and views, and the library that signs as
//! Slack does.

use std::path::PathBuf;

use super::{Found, Piece, npm, python};

/// The folder with Slack's types and the compiler that checks them.
const TYPES: &str = "COUNTERSIGN_SLACK_TYPES";

/// A Python that has Slack's library.
const SDK: &str = "COUNTERSIGN_SLACK_SDK";

const NPM: [&str; 3] = ["@slack/types@3.2.0", "@slack/web-api@8.2.0", "typescript@7.0.2"];

const PYPI: [&str; 1] = ["slack-sdk==3.47.0"];

pub(super) const TYPES_PIECE: Piece = Piece {
    name: "slack-types",
    serves: "messages and views against Slack's own types",
    installs: "Slack's types and TypeScript from npm, in a folder of their own (60 MB)",
    remedy: "install Node with npm, then `cargo xtask rig`",
    find: || found(TYPES, &NPM, npm::folder("slack-types", &NPM)),
    install: |folder| npm::install(folder, &NPM),
};

pub(super) const SDK_PIECE: Piece = Piece {
    name: "slack-sdk",
    serves: "signatures made by Slack's own library",
    installs: "slack-sdk from PyPI, in an environment of its own (5 MB)",
    remedy: "install Python 3.10 or `uv`, then `cargo xtask rig`",
    find: || found(SDK, &PYPI, python::program("slack-sdk", &PYPI, "python")),
    install: |folder| python::install(folder, &PYPI),
};

fn found(
    variable: &'static str,
    packages: &[&str],
    place: Option<PathBuf>,
) -> Result<Found, String> {
    let place = place.ok_or_else(|| format!("there is no {}", packages.join(", ")))?;
    Ok(Found { version: packages.join(", "), env: vec![(variable, place)] })
}
