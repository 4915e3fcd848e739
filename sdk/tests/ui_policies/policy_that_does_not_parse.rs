// A policy in Rego that is no Rego.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/half.rego").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
