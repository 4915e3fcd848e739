use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_aprover() -> Approvers {
    slack::channel("#ops")
}

fn main() {}
