use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer]
fn get_request_notifications() -> People {
    People::Admins
}

fn main() {}
