use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields)]
struct Ask {
    #[field(label = "Database", label = "Which database")]
    database: String,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
