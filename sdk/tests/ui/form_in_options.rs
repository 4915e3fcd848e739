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

#[reducer(options = "database")]
fn databases(form: &Form) -> Vec<Choice> {
    form.fields[0].choices.clone()
}

fn main() {}
