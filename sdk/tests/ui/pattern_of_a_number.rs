use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields)]
struct Ask {
    #[field(pattern = "[0-9]+")]
    rows: u32,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
