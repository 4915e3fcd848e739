use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(event: Event) -> Option<Decision> {
    event.duration()?;
    None
}

fn main() {}
