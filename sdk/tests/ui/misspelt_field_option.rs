use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(choises = ["orders", "users"])]
    database: String,
}

fn main() {}
