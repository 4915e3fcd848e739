use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn get_viewer() -> People {
    People::Admins
}

fn main() {}
