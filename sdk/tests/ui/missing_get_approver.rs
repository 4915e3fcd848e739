use countersign::prelude::*;

flow!("prod", Access);

#[hook]
fn on_request() -> Option<Decision> {
    None
}

fn main() {}
