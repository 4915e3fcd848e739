use countersign::prelude::*;

flow!("later", FollowUp);

#[action]
fn after_escalate() {}

fn main() {}
