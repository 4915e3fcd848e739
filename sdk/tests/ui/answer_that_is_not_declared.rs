use countersign::prelude::*;

flow!("prod", Access, fields = Ask);

#[derive(Fields)]
struct Ask {
    database: String,
}

#[reducer]
fn get_approver() -> Approvers {
    slack::channel("#ops")
}

#[hook]
fn on_request(event: &Event) -> Result<Option<Decision>> {
    let ask: Ask = event.fields()?;
    Ok((ask.table == "users").then(|| Decision::deny("not that one")))
}

fn main() {}
