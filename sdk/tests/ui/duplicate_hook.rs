use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request() -> Option<Decision> {
    None
}

#[hook(on_request)]
fn another_one() -> Option<Decision> {
    None
}

fn main() {}
