use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(default = "five")]
    rows: u32,
}

fn main() {}
