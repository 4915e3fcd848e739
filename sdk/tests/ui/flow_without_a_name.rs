use countersign::prelude::*;

flow!(Access);

fn main() {}
