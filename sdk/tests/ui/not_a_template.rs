// Three: each function of the flow asks for its template too.
use countersign::prelude::*;

flow!("prod", Approvers);

#[reducer]
fn get_approver() -> Approvers {
    admins()
}

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
