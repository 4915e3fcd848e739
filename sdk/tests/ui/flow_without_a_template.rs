use countersign::prelude::*;

flow!("prod");

fn main() {}
