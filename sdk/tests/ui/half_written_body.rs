// Two: both are rustc's own, about the body; none is about the flow.
use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(event: &Event) -> Option<Decision> {
    event.
}

fn main() {}
