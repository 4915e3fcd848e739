use countersign::prelude::*;

flow!("later", FollowUp, feilds = Ask);

#[derive(Fields)]
struct Ask {
    how: String,
}

#[action]
fn after_request() {}

fn main() {}
