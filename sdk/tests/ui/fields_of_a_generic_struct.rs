use countersign::prelude::*;

#[derive(Fields)]
struct Ask<T> {
    database: T,
}

fn main() {}
