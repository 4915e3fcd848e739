// A policy in Sentinel that is no Sentinel.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    sentinel!("policies/half.sentinel").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
