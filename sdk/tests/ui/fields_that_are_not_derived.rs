use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

struct Ask {
    how: String,
}

#[reducer(options = "how")]
fn answers() -> Vec<Choice> {
    Vec::new()
}

fn main() {}
