use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    answers: Vec<bool>,
}

fn main() {}
