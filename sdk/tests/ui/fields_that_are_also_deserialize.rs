use countersign::prelude::*;

#[derive(Fields, serde::Deserialize)]
struct Ask {
    database: String,
}

fn main() {}
