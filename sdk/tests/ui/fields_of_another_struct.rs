//! The form are read as a struct that the flow does not declare.

use countersign::prelude::*;

flow!("x", Access, fields = Mine);

#[derive(Fields)]
struct Mine {
    #[field(label = "Ticket")]
    ticket: String,
}

#[derive(Fields)]
struct Other {
    #[field(label = "Incident")]
    incident: String,
}

#[reducer]
fn get_approver(event: &Event) -> Result<Approvers> {
    let Mine { ticket } = event.fields::<Mine>()?;
    let Other { incident } = event.fields::<Other>()?;
    Ok(okta::group(&(ticket + &incident)))
}

fn main() {}
