use countersign::prelude::*;

#[derive(Fields)]
struct Ask {
    #[field(default = "soon")]
    pause: Duration,
}

fn main() {}
