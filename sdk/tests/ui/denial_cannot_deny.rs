use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_denial() -> Option<Refusal> {
    Some(Refusal::deny("no"))
}

fn main() {}
