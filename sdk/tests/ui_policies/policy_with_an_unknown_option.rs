// An option that there is not.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/main.rego", rule = "allow").allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
