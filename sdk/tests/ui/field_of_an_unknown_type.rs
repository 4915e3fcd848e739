use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    share: f64,
}

fn main() {}
