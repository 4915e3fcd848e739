use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(choices = "orders, users")]
    database: String,
}

fn main() {}
