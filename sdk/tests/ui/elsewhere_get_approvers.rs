use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approvers() -> Approvers {
    slack::channel("#ops")
}

fn main() {}
