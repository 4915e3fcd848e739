use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    duration: Duration,
}

fn main() {}
