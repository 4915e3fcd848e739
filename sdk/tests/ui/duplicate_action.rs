use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[action]
fn after_approval() {}

#[action(after_approval)]
fn another_one() {}

fn main() {}
