use countersign::prelude::*;

flow!("prod", "Access");

fn main() {}
