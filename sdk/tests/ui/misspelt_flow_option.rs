use countersign::prelude::*;

flow!("later", FollowUp, feilds = Ask);

fn main() {}
