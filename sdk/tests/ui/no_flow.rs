use countersign::prelude::*;

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
