use countersign::prelude::*;

flow!("prod", "Access");

#[reducer]
fn get_approver() -> Approvers {
    admins()
}

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
