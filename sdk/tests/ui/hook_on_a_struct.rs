use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
struct OnRequest;

fn main() {}
