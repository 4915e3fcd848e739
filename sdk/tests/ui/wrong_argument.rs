use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(minutes: u32) -> Option<Decision> {
    (minutes > 30).then(|| Decision::deny("too long"))
}

fn main() {}
