use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_approval() -> Option<Decision> {
    Some(Decision::deny("no"))
}

fn main() {}
