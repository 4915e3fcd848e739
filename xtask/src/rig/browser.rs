//! Chromium and its driver.

use std::path::PathBuf;
use std::process::Command;

use super::{Found, Piece, apt};
use crate::exec;

const CHROMIUM: &str = "COUNTERSIGN_CHROMIUM";
const DRIVER: &str = "COUNTERSIGN_CHROMEDRIVER";

pub(super) const PIECE: Piece = Piece {
    name: "browser",
    serves: "browser tests",
    installs: "the Debian packages chromium and chromium-driver (440 MB unpacked)",
    remedy: "install Chromium and a ChromeDriver of the same version, or name them in \
             COUNTERSIGN_CHROMIUM and COUNTERSIGN_CHROMEDRIVER",
    find,
    install: |folder| apt::install(folder, &["chromium", "chromium-driver"]),
};

/// A program that runs, and the version it says it has.
struct Program {
    file: PathBuf,
    version: String,
}

/// A browser and a driver that fit together.
fn find() -> Result<Found, String> {
    let drivers = programs(DRIVER, &["chromedriver"]);
    let browsers = programs(
        CHROMIUM,
        &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    );
    let Some(driver) = drivers.into_iter().next() else {
        return Err("there is no ChromeDriver that runs".into());
    };
    let fits = |browser: &Program| major(&browser.version) == major(&driver.version);
    match browsers.iter().find(|browser| fits(browser)) {
        Some(browser) => Ok(Found {
            version: format!("{}, {}", browser.version, driver.version),
            env: vec![(CHROMIUM, browser.file.clone()), (DRIVER, driver.file)],
        }),
        None if browsers.is_empty() => Err("there is no Chromium that runs".into()),
        None => Err(format!("there is no Chromium for {}", driver.version)),
    }
}

/// Those that run: the one the variable names first, then those on the search path.
/// A program that cannot say its version is a stub or lacks libraries.
fn programs(variable: &str, names: &[&str]) -> Vec<Program> {
    let chosen = std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from);
    chosen
        .into_iter()
        .chain(names.iter().filter_map(|name| exec::on_path(name)))
        .filter_map(|file| {
            let version = exec::first_line(Command::new(&file).arg("--version"))?;
            Some(Program { file, version })
        })
        .collect()
}

/// The 156 of `Chromium 156.0.8078.79 built on Debian`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_whitespace().find(|word| word.starts_with(char::is_numeric))?;
    number.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn major_versions() {
        assert_eq!(major("Chromium 156.0.8078.79 built on Debian GNU/Linux 12"), Some(156));
        assert_eq!(major("Google Chrome 131.0.6778.85"), Some(131));
        assert_eq!(major("ChromeDriver 156.0.8078.79 (0a1b2c)"), Some(156));
        assert_eq!(major("installed by a stub"), None);
    }
}
