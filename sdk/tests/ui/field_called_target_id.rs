use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    target_id: String,
}

fn main() {}
