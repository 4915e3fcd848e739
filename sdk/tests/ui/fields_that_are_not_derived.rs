use countersign::prelude::*;

flow!("later", FollowUp, fields = Ask);

struct Ask {
    how: String,
}

fn main() {}
