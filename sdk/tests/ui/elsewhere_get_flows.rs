use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer]
fn get_flows() -> Vec<String> {
    Vec::new()
}

fn main() {}
