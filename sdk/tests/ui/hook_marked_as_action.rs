use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[action]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
