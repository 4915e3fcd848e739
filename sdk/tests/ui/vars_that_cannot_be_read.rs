use countersign::prelude::*;

flow!("later", FollowUp, vars = Vars);

struct Vars {
    channel: String,
}

fn main() {}
