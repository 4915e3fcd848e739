use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook("on_request")]
fn first() -> Option<Decision> {
    None
}

fn main() {}
