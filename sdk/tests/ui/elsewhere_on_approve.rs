use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_approve() -> Option<Decision> {
    None
}

fn main() {}
