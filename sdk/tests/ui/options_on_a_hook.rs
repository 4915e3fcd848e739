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

#[hook(options = "database")]
fn databases() -> Option<Decision> {
    None
}

fn main() {}
