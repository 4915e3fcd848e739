use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(event: impl Send) -> Option<Decision> {
    drop(event);
    None
}

fn main() {}
