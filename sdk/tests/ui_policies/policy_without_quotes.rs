// A path without quotes.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!(requesters).allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
