use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer(get_approver)]
fn others() -> Approvers {
    admins()
}

fn main() {}
