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

#[reducer(change = "table")]
fn table_changed(form: &Form) -> Form {
    form.clone()
}

fn main() {}
