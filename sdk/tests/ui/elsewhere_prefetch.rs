use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer]
fn prefetch() -> Vec<Choice> {
    Vec::new()
}

fn main() {}
