use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[action]
fn after_approval() -> Option<Decision> {
    None
}

fn main() {}
