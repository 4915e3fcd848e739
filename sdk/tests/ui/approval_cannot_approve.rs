use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_approval() -> Option<Objection> {
    Some(Objection::approve("yes"))
}

fn main() {}
