use countersign::prelude::*;

enum Flow {}

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
