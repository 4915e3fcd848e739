//! The deployed story: the zip, the Terraform module and the emulator, from a request to access that
//! is taken away.

use std::path::Path;

use super::{Part, terraform};
use crate::package::{self, Package};
use crate::report::Outcome;
use crate::session::Session;
use crate::{exec, rig};

pub(super) const PART: Part = Part {
    name: "deployed",
    about: "the deployed story, on an emulator of AWS [--full]",
    in_verify: true,
    applies,
    run,
};

/// How many ask at once under `--full`; otherwise the test says.
const CROWD: &str = "500";

fn applies(root: &Path) -> bool {
    root.join("infra/tests/ministack").is_dir()
}

/// In `verify` it is a debug build, the one that the tests have made already: the zip for Lambda
/// takes minutes to link. With `--full` it is that zip, and a larger crowd.
fn run(session: &mut Session) -> Outcome {
    let needs = rig::need(session, rig::MINISTACK);
    let infra = session.root.join("infra");
    if let Err(why) = needs.and_then(|()| terraform::find(&infra).map(drop)) {
        return session.skip(format!("the deployed story: {why}"));
    }
    match package(session) {
        Ok(package) => tell(session, &package),
        Err(problem) => Outcome::Failed(problem),
    }
}

fn package(session: &Session) -> Result<Package, String> {
    let build = if session.full { package::Build::Lambda } else { package::Build::Tested };
    package::make(&session.root, &package::Order { build, ..package::Order::default() })
}

fn tell(session: &Session, package: &Package) -> Outcome {
    let args = ["test", "--workspace", "--all-features", "--test", "deployed", "--", "--nocapture"];
    let mut test = exec::cargo(&session.root, &args);
    test.envs(session.rig.env()).env("COUNTERSIGN_ZIP", &package.zip);
    if session.full {
        test.env("COUNTERSIGN_CROWD", CROWD);
    }
    exec::run(&mut test)
}
