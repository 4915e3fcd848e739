use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_forward() -> Option<Ruling> {
    Some(Ruling::ignore("wait"))
}

fn main() {}
