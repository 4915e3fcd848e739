use countersign::prelude::*;

flow!("Prod Database", FollowUp);

fn main() {}
