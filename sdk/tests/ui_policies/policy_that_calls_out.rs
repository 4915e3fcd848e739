// A policy that would reach outside.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/http.rego").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
