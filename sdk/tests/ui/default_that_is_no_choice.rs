use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(choices = ["orders", "users"], default = "order")]
    database: String,
}

fn main() {}
