use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(default = 300)]
    rows: u8,
}

fn main() {}
