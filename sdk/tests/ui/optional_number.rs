use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(required = false)]
    rows: u32,
}

fn main() {}
