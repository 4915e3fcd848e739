use countersign::prelude::*;

#[derive(Fields)]
struct Ask(String);

fn main() {}
