use countersign::prelude::*;

flow!("prod", Approvers);

fn main() {}
