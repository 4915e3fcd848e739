use countersign::prelude::*;

flow!("prod", Access, fields = Ask);

#[derive(Fields)]
struct Ask {
    database: String,
}

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[reducer(option = "database")]
fn databases() -> Vec<Choice> {
    Vec::new()
}

fn main() {}
