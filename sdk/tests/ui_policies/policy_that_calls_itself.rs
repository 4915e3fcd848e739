// A policy whose rules call themselves.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/recursive.rego").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
