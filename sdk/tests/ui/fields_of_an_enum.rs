use countersign::prelude::*;

#[derive(Fields)]
enum Ask {
    Database,
}

fn main() {}
