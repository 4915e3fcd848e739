use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields)]
enum Ask {
    Database,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
