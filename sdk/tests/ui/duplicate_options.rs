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

#[reducer(options = "database")]
fn databases() -> Vec<Choice> {
    Vec::new()
}

#[reducer(options = "database")]
fn more_databases() -> Vec<Choice> {
    Vec::new()
}

fn main() {}
