use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn before_lunch() -> Option<Decision> {
    None
}

fn main() {}
