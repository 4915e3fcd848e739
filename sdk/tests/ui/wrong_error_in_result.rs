use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

struct NotAnError;

#[hook]
fn on_request() -> Result<Option<Decision>, NotAnError> {
    Err(NotAnError)
}

fn main() {}
