// A module of a policy that is no Rego.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    anyone()
}

#[hook]
fn on_request(cx: &Context) -> Result<Option<Decision>> {
    rego!("policies/main.rego", modules = ["policies/teams.rego"]).allows(cx, json!({}))?;
    Ok(None)
}

fn main() {}
