//! What a zip is built for: Linux, on the processor of this machine or on arm64.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::exec;

/// The version of the C library of Lambda's runtime `provided.al2023`.
const GLIBC: u32 = 34;

/// Who links programs for Linux on arm64 elsewhere.
const LINKER: &str = "aarch64-linux-gnu-gcc";

/// What to build for.
#[derive(Debug)]
pub(super) struct Target {
    /// The architecture, as Lambda calls it.
    pub(super) name: &'static str,
    /// What Cargo calls it, where it is not this machine.
    triple: Option<&'static str>,
}

impl Target {
    /// This machine, or arm64; the error says what is missing for it.
    pub(super) fn find(arm64: bool) -> Result<Self, String> {
        if !cfg!(target_os = "linux") {
            return Err("functions are Linux programs; build them on Linux".to_owned());
        }
        match (std::env::consts::ARCH, arm64) {
            ("aarch64", _) => Ok(Self { name: "arm64", triple: None }),
            ("x86_64", false) => Ok(Self { name: "x86_64", triple: None }),
            (_, true) => cross(),
            (other, false) => Err(format!("Lambda does not run on {other}; try `--arm64`")),
        }
    }

    /// Has Cargo build for it.
    pub(super) fn choose(&self, build: &mut Command) {
        if let Some(triple) = self.triple {
            build.args(["--target", triple]);
            build.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
        }
    }

    /// Where Cargo puts what it builds, below its target folder.
    pub(super) fn folder(&self) -> &'static Path {
        Path::new(self.triple.unwrap_or_default())
    }

    /// Whether this machine can run it.
    pub(super) const fn runs_here(&self) -> bool {
        self.triple.is_none()
    }
}

fn cross() -> Result<Target, String> {
    const TRIPLE: &str = "aarch64-unknown-linux-gnu";
    let sysroot = exec::first_line(Command::new("rustc").args(["--print", "sysroot"]));
    let library = sysroot.map(|root| PathBuf::from(root).join("lib/rustlib").join(TRIPLE));
    if !library.is_some_and(|library| library.is_dir()) {
        return Err(format!(
            "this Rust cannot build for {TRIPLE}; `rustup target add {TRIPLE}`, or leave out `--arm64`"
        ));
    }
    if exec::on_path(LINKER).is_none() {
        return Err(format!(
            "there is no {LINKER}; install it (Debian: gcc-aarch64-linux-gnu, \
             libc6-dev-arm64-cross), or leave out `--arm64`"
        ));
    }
    Ok(Target { name: "arm64", triple: Some(TRIPLE) })
}

/// A program built where the C library is newer than Lambda's would end at once there.
pub(super) fn check_glibc(program: &[u8]) -> Result<(), String> {
    match newest_glibc(program) {
        Some(version) if version > GLIBC => Err(format!(
            "the program needs glibc 2.{version}, and Lambda has 2.{GLIBC}; build it on an older \
             Linux (Debian 12 will do)"
        )),
        Some(_) | None => Ok(()),
    }
}

/// The 34 of the newest `GLIBC_2.34` that is named in a program.
fn newest_glibc(program: &[u8]) -> Option<u32> {
    const NAME: &[u8] = b"GLIBC_2.";
    let after = program.windows(NAME.len()).enumerate().filter(|(_, window)| *window == NAME);
    let number = |(at, _)| {
        let digits = program.get(at + NAME.len()..)?.iter().take_while(|it| it.is_ascii_digit());
        let digits: String = digits.map(|digit| char::from(*digit)).collect();
        digits.parse().ok()
    };
    after.filter_map(number).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_says_which_c_library_it_needs() {
        assert_eq!(newest_glibc(b"\0GLIBC_2.2.5\0GLIBC_2.34\0GLIBC_2.17\0GLIBC_PRIVATE"), Some(34));
        assert_eq!(newest_glibc(b"static"), None);
        assert!(check_glibc(b"GLIBC_2.34\0").is_ok());
        let problem = check_glibc(b"GLIBC_2.39\0").unwrap_err();
        assert!(
            problem.starts_with("the program needs glibc 2.39, and Lambda has 2.34"),
            "{problem}"
        );
    }

    #[test]
    fn this_machine_builds_for_itself() {
        if cfg!(target_os = "linux") {
            let target = Target::find(false).unwrap();
            assert!(target.runs_here() && ["x86_64", "arm64"].contains(&target.name));
        }
    }
}
