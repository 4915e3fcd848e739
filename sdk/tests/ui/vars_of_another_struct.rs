//! The variables are read as a struct that the flow does not declare.

use countersign::prelude::*;

flow!("x", Access, vars = Mine);

#[derive(countersign::serde::Deserialize)]
#[serde(crate = "countersign::serde")]
struct Mine {
    group: String,
}

#[derive(countersign::serde::Deserialize)]
#[serde(crate = "countersign::serde")]
struct Other {
    team: String,
}

#[reducer]
fn get_approver(event: &Event) -> Result<Approvers> {
    let Mine { group } = event.vars::<Mine>()?;
    let Other { team } = event.vars::<Other>()?;
    Ok(okta::group(&(group + &team)))
}

fn main() {}
