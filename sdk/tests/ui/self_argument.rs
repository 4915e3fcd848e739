use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

// Two: rustc also refuses `self` in a free function.
#[hook]
fn on_request(self) -> Option<Decision> {
    None
}

fn main() {}
