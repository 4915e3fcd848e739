// A policy without the rule that decides.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/no_allow.rego").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
