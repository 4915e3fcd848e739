use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

#[derive(Fields)]
struct Ask {
    #[field(choices = ["orders", "users"], default = "order")]
    database: String,
}

#[action]
fn after_request(event: &Event) -> Result {
    let _: Ask = event.fields()?;
    Ok(())
}

fn main() {}
