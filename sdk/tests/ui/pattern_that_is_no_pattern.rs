use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(pattern = "[A-Z")]
    ticket: String,
}

fn main() {}
