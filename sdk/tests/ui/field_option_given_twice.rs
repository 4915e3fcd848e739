use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(label = "Database", label = "Which database")]
    database: String,
}

fn main() {}
