//! `cargo xtask deploy-local`: a deployment on this machine, to try things on.
//!
//! The emulator, the issuer of tokens and Terraform are started by a program of the tests; here
//! is found what it needs.

use std::path::PathBuf;
use std::process::ExitCode;

use crate::args::Flags;
use crate::package::{self, Package};
use crate::session::Session;
use crate::{exec, parts, rig};

/// What to deploy.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Order {
    /// A zip that is there already.
    zip: Option<PathBuf>,
    /// Otherwise what to make one of.
    package: package::Order,
}

impl Order {
    /// Reads the arguments of `deploy-local`.
    pub(crate) fn read(mut flags: Flags) -> Result<Self, String> {
        let mut order = Self::default();
        while let Some(flag) = flags.next_flag() {
            match flag.as_str() {
                "--zip" => order.zip = Some(PathBuf::from(flags.value(&flag)?)),
                "--arm64" => return Err(flags.unknown(&flag)),
                _ if order.package.takes(&flag, &mut flags)? => {}
                _ => return Err(flags.unknown(&flag)),
            }
        }
        if order.zip.is_some() && order.package != package::Order::default() {
            return Err("`--zip` is built already: leave out `--debug` and `--example`".to_owned());
        }
        Ok(order)
    }
}

/// Deploys, and stays until it is interrupted.
pub(crate) fn run(session: &mut Session, order: &Order) -> ExitCode {
    match deploy(session, order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("error: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn deploy(session: &mut Session, order: &Order) -> Result<(), String> {
    rig::need(session, rig::MINISTACK)?;
    if exec::on_path("terraform").is_none() {
        return Err("terraform is not installed".to_owned());
    }
    let package = match &order.zip {
        Some(zip) => Package::of(zip)?,
        None => package::make(&session.root, &order.package)?,
    };
    let place = exec::target(&session.root).join("deploy-local");
    let args = ["run", "--quiet", "-p", parts::TESTS, "--bin", "deploy-local", "--"];
    let mut program = exec::cargo(&session.root, &args);
    program.arg("--zip").arg(&package.zip).arg("--manifest").arg(&package.manifest);
    program.arg("--folder").arg(&place).envs(session.rig.env());
    exec::hand_over(&mut program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Result<Order, String> {
        Order::read(Flags::new("deploy-local", line.split_whitespace().map(String::from)))
    }

    #[test]
    fn a_zip_is_taken_or_made() {
        assert_eq!(order("").unwrap().zip, None);
        assert_eq!(order("--debug").unwrap().package.build, package::Build::Debug);
        assert_eq!(order("--zip=a.zip").unwrap().zip, Some(PathBuf::from("a.zip")));
        assert!(order("--zip a.zip --debug").unwrap_err().starts_with("`--zip` is built already"));
        assert_eq!(order("--arm64").unwrap_err(), "`deploy-local` does not take `--arm64`");
    }
}
