use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer(options = "database")]
fn databases() -> Vec<Choice> {
    Vec::new()
}

fn main() {}
