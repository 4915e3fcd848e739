use countersign::prelude::*;

flow!("prod", Access);

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request() -> std::future::Ready<Option<Decision>> {
    std::future::ready(None)
}

fn main() {}
