use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(pattern = "[0-9]+")]
    rows: u32,
}

fn main() {}
