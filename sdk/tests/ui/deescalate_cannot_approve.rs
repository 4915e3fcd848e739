use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_deescalate() -> Option<Ruling> {
    Some(Ruling::approve("yes"))
}

fn main() {}
