use countersign::prelude::*;

flow!("later", FollowUp);

#[hook]
fn on_approval() -> Option<Objection> {
    None
}

fn main() {}
