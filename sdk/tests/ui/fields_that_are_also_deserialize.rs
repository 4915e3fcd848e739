use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields, serde::Deserialize)]
struct Ask {
    database: String,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
