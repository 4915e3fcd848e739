use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer]
fn get_identity(event: &Event) -> Option<String> {
    event.user().email().map(str::to_owned)
}

fn main() {}
