use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(query: &Query) -> Option<Decision> {
    query.as_str().is_empty().then(|| Decision::deny("nothing"))
}

fn main() {}
