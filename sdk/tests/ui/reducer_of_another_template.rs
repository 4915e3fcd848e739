use countersign::prelude::*;

flow!("later", FollowUp);

#[reducer]
fn get_approver() -> Approvers {
    admins()
}

fn main() {}
