use countersign::prelude::*;

flow!("Prod Database", Access);

#[reducer]
fn get_approver() -> Approvers {
    admins()
}

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
